// Somebody adds every camera of the network by the wizard: found, signed in to, tested with a picture, named, live at the end.
// And a camera that is moved stops when the browser is killed.
import assert from 'node:assert/strict';
import { launch, openPage, violations, watchVideos } from './browser.mjs';

const BASE = process.env.E2E_URL;
const FOUND = Number(process.env.E2E_FOUND);
/** How soon all must have been found, and how long adding all of them may take. */
const FOUND_WITHIN_MS = 3000;
const ADDED_WITHIN_MS = 120_000;

const browser = await launch();
const page = await openPage(browser, BASE);
try {
	await page.goto('/sign-in');
	await page.fill('input[name=email]', process.env.E2E_EMAIL);
	await page.fill('input[name=password]', process.env.E2E_PASSWORD);
	await page.locator('form button.primary').click();
	await page.waitForURL(`${BASE}/`);

	const begun = Date.now();
	let foundMs = 0;
	for (let n = 0; n < FOUND; n++) {
		await page.goto('/cameras/add');
		const opened = Date.now();
		await page.locator(`[data-found="${FOUND}"]`).waitFor({ timeout: 10_000 });
		if (n === 0) {
			foundMs = Date.now() - opened;
			assert.ok(foundMs < FOUND_WITHIN_MS, `all were found after ${foundMs} ms`);
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
		await page.fill('input[name=camera_name]', `${n + 1} 号`);
		await page.locator('[data-save]').click();
		await page.getByRole('link', { name: '打开摄像机' }).waitFor();
		const [video] = await watchVideos(page, 'video', 1000);
		for (let tries = 0; tries < 10 && !(video?.frames > 0); tries++) {
			const [again] = await watchVideos(page, 'video', 500);
			if (again?.frames > 0) break;
			assert.ok(tries < 9, `camera ${n + 1} shows no live picture`);
		}
	}
	const tookMs = Date.now() - begun;
	assert.ok(tookMs < ADDED_WITHIN_MS, `adding took ${tookMs} ms`);
	console.log(`  ok ${FOUND} cameras found after ${foundMs} ms and added in ${Math.round(tookMs / 1000)} s, each live`);
	assert.deepEqual(page.errors, []);
} finally {
	await browser.close();
}
