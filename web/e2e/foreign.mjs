// Cameras that are not ours: live by MSE where no UDP gets through, H.265 by its H.264 sub stream, and words where there is none.
import assert from 'node:assert/strict';
import { base, launch, moving, signedIn } from './browser.mjs';

const cameras = JSON.parse(process.env.E2E_CAMERAS);
const live = (page, path) => page.locator(`section[data-path="${path}"] video`).first();

/** Runs a step in a browser of its own, and says what it was. */
async function step(name, switches, run) {
	const browser = await launch(switches);
	try {
		await run(await signedIn(browser));
		console.log(`ok  ${name}`);
	} catch (error) {
		throw new Error(name, { cause: error });
	} finally {
		await browser.close();
	}
}

await step(
	'live by MSE, with sound, where UDP is blocked',
	['--force-webrtc-ip-handling-policy=disable_non_proxied_udp'],
	async (page) => {
		await page.goto(`${base}/cameras/${cameras.front}`);
		const seen = await moving(live(page, 'mse'));
		assert.deepEqual([seen.width, seen.height], [1280, 720]);
		assert.ok(seen.soundBytes > 0, 'the sound is not decoded');
	}
);

await step('an H.265 camera is live by its H.264 sub stream', [], async (page) => {
	await page.goto(`${base}/cameras/${cameras.yard}`);
	const seen = await moving(live(page, 'webrtc'));
	assert.deepEqual([seen.width, seen.height], [1280, 720]);
});

await step('an H.265 camera without one says what to do', [], async (page) => {
	await page.goto(`${base}/cameras/${cameras.attic}`);
	await page.getByText('Add an H.264 sub stream').first().waitFor({ timeout: 20_000 });
});
