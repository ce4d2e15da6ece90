// Somebody adds every camera of the network by the wizard: found, signed in to, tested with a picture, named, live at the end.
import assert from 'node:assert/strict';
import { launch, violations, watchVideos } from './browser.mjs';
import { ownersPage } from './owner.mjs';

const FOUND = Number(process.env.E2E_FOUND);
/** Longer than finding takes on a busy machine; how long it took is told. */
const FOUND_WITHIN_MS = 60_000;

const browser = await launch();
try {
	const page = await ownersPage(browser);
	const begun = Date.now();
	let foundMs = 0;
	for (let n = 0; n < FOUND; n++) {
		await page.goto('/cameras/add');
		const opened = Date.now();
		await page.locator(`[data-found="${FOUND}"]`).waitFor({ timeout: FOUND_WITHIN_MS });
		if (n === 0) {
			foundMs = Date.now() - opened;
			assert.deepEqual(await violations(page), []);
		}
		assert.equal(await page.locator('[data-add]').count(), FOUND - n, 'what was added is told apart');
		await page.locator('[data-add]').first().click();
		if (n === 0) assert.deepEqual(await violations(page), []);
		await page.locator('[data-test]').click();
		await page.locator('[data-step=picture][data-state=ok]').waitFor({ timeout: 30_000 });
		await page.locator('img[src^="data:image/jpeg"]').waitFor();
		await page.locator('[data-next]').waitFor({ timeout: 30_000 });
		if (n === 0) assert.deepEqual(await violations(page), []);
		await page.locator('[data-next]').click();
		await page.fill('input[name=camera_name]', `Camera ${n + 1}`);
		await page.locator('[data-save]').click();
		await page.getByRole('link', { name: 'Open camera' }).waitFor();
		const [video] = await watchVideos(page, 'video', 1000);
		for (let tries = 0; tries < 10 && !(video?.frames > 0); tries++) {
			const [again] = await watchVideos(page, 'video', 500);
			if (again?.frames > 0) break;
			assert.ok(tries < 9, `camera ${n + 1} shows no live picture`);
		}
	}
	const tookMs = Date.now() - begun;
	console.log(`  ok ${FOUND} cameras found after ${foundMs} ms and added in ${Math.round(tookMs / 1000)} s, each live`);
	assert.deepEqual(page.errors, []);
} finally {
	await browser.close();
}
