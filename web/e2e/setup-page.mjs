// The page in a camera's own network, as a phone sees it: in two languages, light and dark, without scripts; a network is chosen from
// what the camera saw, and its password typed.
//
//   E2E_NETWORK, E2E_SECRET   the network that is chosen, and its password
//   E2E_SCREENSHOTS           a folder for what the page looks like
import assert from 'node:assert/strict';
import { launch, openPage, screenshot, violations } from './browser.mjs';

const BASE = (process.env.E2E_URL ?? '').replace(/\/$/, '');
const SHOTS = process.env.E2E_SCREENSHOTS;

const browser = await launch();
try {
	for (const [name, options, title] of [
		['phone-light', { phone: true, language: 'zh-CN' }, '给摄像机连上 Wi-Fi'],
		['phone-dark', { phone: true, dark: true, language: 'en-US' }, 'Bring this camera into your Wi-Fi'],
		['desktop-light', { language: 'en-US' }, 'Bring this camera into your Wi-Fi'],
		['desktop-dark', { dark: true, language: 'zh-CN' }, '给摄像机连上 Wi-Fi']
	]) {
		const page = await openPage(browser, BASE, options);
		await page.goto(`${BASE}/hotspot-detect.html`);
		assert.equal(page.url(), `${BASE}/`, 'who looks for a way out is led here');
		assert.equal(await page.locator('h1').textContent(), title);
		const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
		assert.ok(!wide, 'nothing is wider than the screen');
		await screenshot(page, SHOTS, `setup-page-${name}`);
		assert.deepEqual(await violations(page), [], `axe, ${name}`);
		assert.deepEqual(page.errors, [], name);
		await page.context().close();
	}
	const page = await openPage(browser, BASE, { phone: true, language: 'zh-CN' });
	await page.goto(BASE);
	await page.getByRole('link', { name: 'English' }).click();
	await page.getByRole('button', { name: 'Connect' }).click();
	await page.getByRole('alert').waitFor();
	assert.equal(await page.getByRole('alert').textContent(), 'Please choose a network.');
	await screenshot(page, SHOTS, 'setup-page-wrong');
	await page.getByRole('radio', { name: process.env.E2E_NETWORK }).check();
	await page.getByLabel('Password', { exact: true }).fill(process.env.E2E_SECRET);
	await page.getByRole('button', { name: 'Connect' }).click();
	await page.getByRole('status').waitFor();
	await screenshot(page, SHOTS, 'setup-page-joining');
	assert.ok((await page.getByRole('status').textContent()).includes(process.env.E2E_NETWORK));
	console.log('  the page in the camera’s own network was seen in four ways and used in one');
} finally {
	await browser.close();
}
