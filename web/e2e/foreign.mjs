// Cameras that are not ours: live by MSE where no UDP gets through, H.265 by its H.264 sub stream, and words where there is none.
//
//   E2E_CAMERAS  ids as JSON: `front` (H.264, AAC), `yard` (H.265, H.264 as sub stream), `attic` (H.265)
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

await step('an H.265 camera is live by its H.264 sub stream', [], (page) => moves(page, cameras.yard, 'webrtc'));

await step('an H.265 camera without one says what to do', [], async (page) => {
	await page.goto(`/cameras/${cameras.attic}`);
	await page.getByText('Add an H.264 sub stream').first().waitFor({ timeout: 20_000 });
});
