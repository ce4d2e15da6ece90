// Cameras that are not ours: live by MSE where no UDP gets through, H.265 by its H.264 sub stream, and words where there is none.
//
//   E2E_CAMERAS  ids as JSON: `front` (H.264, AAC), `yard` (H.265, H.264 as sub stream), `attic` (H.265), `mute` (`front` without
//                sound)
import assert from 'node:assert/strict';
import { launch, watchVideos } from './browser.mjs';
import { ownersPage } from './owner.mjs';

const cameras = JSON.parse(process.env.E2E_CAMERAS);

/** Runs a step in a browser of its own, and says what it was. */
async function step(name, switches, run) {
	const browser = await launch(switches);
	try {
		await run(await ownersPage(browser));
		console.log(`ok    ${name}`);
	} catch (error) {
		throw new Error(name, { cause: error });
	} finally {
		await browser.close();
	}
}

/** Waits until a camera's page is live by this path, and looks at what it shows. */
async function moves(page, camera, path) {
	await page.goto(`/cameras/${camera}`);
	const video = `.stage[data-phase=live][data-path=${path}] video:not([data-recorded])`;
	await page.locator(video).first().waitFor({ timeout: 30_000 });
	const [{ frames, changed, width, height }] = await watchVideos(page, video, 4000);
	assert.ok(frames >= 50, `only ${frames} pictures in 4 s`);
	assert.ok(changed > 20, 'the picture does not change');
	assert.deepEqual([width, height], [1280, 720]);
	return video;
}

const noUdp = ['--webrtc-ip-handling-policy=disable_non_proxied_udp'];

await step('live by MSE, with sound, where UDP is blocked', noUdp, async (page) => {
	const video = await moves(page, cameras.front, 'mse');
	const decoded = await page
		.locator(video)
		.first()
		.evaluate((element) => element.webkitAudioDecodedByteCount);
	assert.ok(decoded > 0, 'the sound is not decoded');
});

/** Keeps the page's connections where a test finds them. */
function keepConnections() {
	const Connection = window.RTCPeerConnection;
	window.connections = [];
	window.RTCPeerConnection = class extends Connection {
		constructor(...args) {
			super(...args);
			window.connections.push(this);
		}
	};
}

/** What the browser has heard by WebRTC so far: of which codec, how many samples, how many of them made up, how loud. */
const heard = (page) =>
	page.evaluate(async () => {
		const none = { codec: undefined, samples: 0, concealed: 0, energy: 0, packets: 0 };
		const report = await window.connections.at(-1).getStats();
		const entry = [...report.values()].find(({ type, kind }) => type === 'inbound-rtp' && kind === 'audio');
		if (!entry) return none;
		return {
			codec: report.get(entry.codecId)?.mimeType,
			samples: entry.totalSamplesReceived ?? 0,
			concealed: entry.concealedSamples ?? 0,
			energy: entry.totalAudioEnergy ?? 0,
			packets: entry.packetsReceived ?? 0
		};
	});

await step('AAC is heard by WebRTC, as Opus, once the sound is turned on', [], async (page) => {
	await page.addInitScript(keepConnections);
	await moves(page, cameras.front, 'webrtc');
	await page.getByRole('button', { name: 'Turn sound on' }).click();
	const video = page.locator('.stage video:not([data-recorded])').first();
	assert.equal(await video.evaluate((element) => element.muted), false);
	await page.waitForTimeout(1000);
	const before = await heard(page);
	await page.waitForTimeout(3000);
	const after = await heard(page);
	assert.equal(after.codec, 'audio/opus');
	const [samples, concealed] = [after.samples - before.samples, after.concealed - before.concealed];
	assert.ok(samples > 2.5 * 48_000, `only ${samples} samples in 3 s`);
	assert.ok(concealed < samples / 20, `${concealed} of ${samples} samples are made up`);
	assert.ok(after.energy > before.energy, 'what is played is silence');
	const path = await page.locator('.stage').first().getAttribute('data-path');
	assert.equal(path, 'webrtc', 'the sound moved the picture to another path');
});

await step('a camera whose sound is off sends none by WebRTC', [], async (page) => {
	await page.addInitScript(keepConnections);
	await moves(page, cameras.mute, 'webrtc');
	const { packets, energy } = await heard(page);
	assert.deepEqual({ packets, energy }, { packets: 0, energy: 0 });
});

await step('an H.265 camera is live by its H.264 sub stream', [], (page) => moves(page, cameras.yard, 'webrtc'));

await step('an H.265 camera without one says what to do', [], async (page) => {
	await page.goto(`/cameras/${cameras.attic}`);
	await page.getByText('Add an H.264 sub stream').first().waitFor({ timeout: 20_000 });
});
