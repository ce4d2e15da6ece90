// How a camera is recorded, by hand: a week that is painted by mouse and keyboard, what removing would lose, privacy of a camera and of
// the home. What each page looks like on phone and desktop, in light and dark.
//
//   E2E_CAMERA       id of a camera that speaks ONVIF
//   E2E_SHED         id of a camera that is removed
//   E2E_SCREENSHOTS  a folder for what the pages look like
import assert from 'node:assert/strict';
import { launch, openPage, screenshot, violations } from './browser.mjs';
import { BASE, ownersPage } from './owner.mjs';

const CAMERA = `/cameras/${process.env.E2E_CAMERA}`;
const SHED = process.env.E2E_SHED;
const SHOTS = process.env.E2E_SCREENSHOTS;

async function step(name, act) {
	const begun = Date.now();
	await act();
	console.log(`  ${name} (${Date.now() - begun} ms)`);
}

const browser = await launch();
try {
	const page = await ownersPage(browser);
	const plan = async () => (await page.request.get(`/api/v1${CAMERA}/plan`)).json();
	const saved = () =>
		page.waitForResponse((answer) => answer.url().endsWith('/plan') && answer.request().method() === 'PATCH');
	const save = async () => {
		const answer = saved();
		await page.getByRole('button', { name: 'Save recording' }).click();
		assert.ok((await answer).ok(), `${(await answer).status()}`);
	};
	const before = await plan();

	await step('a week is painted by mouse, by keyboard and by its form, and is saved', async () => {
		await page.goto(`${CAMERA}/settings`);
		await page.locator('[data-plan]').scrollIntoViewIfNeeded();
		await page.locator('[data-plan]').getByRole('radio', { name: 'By schedule' }).check();
		await page.locator('[data-plan]').getByRole('radio', { name: 'Never' }).check();
		const cell = (day, hour) => page.locator(`[data-day="${day}"][data-hour="${hour}"]`);
		await cell(0, 8).scrollIntoViewIfNeeded();
		const [a, b] = [await cell(0, 8).boundingBox(), await cell(1, 10).boundingBox()];
		await page.mouse.move(a.x + 2, a.y + 2);
		await page.mouse.down();
		await page.mouse.move(b.x + 2, b.y + 2, { steps: 4 });
		await page.mouse.up();
		await cell(6, 0).focus();
		await page.keyboard.press('Space');
		await page.keyboard.press('Shift+ArrowRight');
		await page.getByText('As a list and a form').click();
		await page.locator('[data-plan] label select').nth(0).selectOption('weekend');
		await page.locator('[data-plan] label select').nth(1).selectOption('20');
		await page.locator('[data-plan] label select').nth(2).selectOption('22');
		await page.locator('[data-plan] label select').nth(3).selectOption('e');
		await page.getByRole('button', { name: 'Apply' }).click();
		await page.getByLabel('Time zone of the home').selectOption('Europe/Berlin');
		await save();
		const { mode, week, zone } = await plan();
		assert.deepEqual([mode, zone], ['schedule', 'Europe/Berlin']);
		const at = (day, hour) => week[day * 24 + hour];
		assert.deepEqual(
			[at(0, 7), at(0, 8), at(1, 10), at(1, 11), at(2, 8), at(6, 0), at(6, 1), at(6, 2), at(5, 20), at(5, 22)].join(''),
			'c--cc--cec'
		);
		assert.deepEqual(await violations(page), [], 'axe, settings');
	});
	await step('what removing would lose is said before', async () => {
		await page.getByRole('button', { name: 'Remove camera' }).click();
		// Nothing is chosen for the person, and saying nothing loses nothing.
		assert.equal(await page.locator('dialog[open] input:checked').count(), 0);
		await page.locator('[data-remove]').click();
		await page.getByText('Please choose one of the two.').waitFor();
		assert.equal(await page.locator('[data-would-go]').count(), 0, 'nothing goes unless that is chosen');
		await page.getByRole('radio', { name: 'Erase the footage' }).check();
		await page.locator('[data-would-go]').waitFor();
		await screenshot(page, SHOTS, 'modes-remove');
		assert.deepEqual(await violations(page), [], 'axe, the question before removing');
		await page.getByRole('button', { name: 'Cancel' }).click();
	});
	await step('a camera is removed and its footage kept, played and erased', async () => {
		await page.goto(`/cameras/${SHED}/settings`);
		await page.getByRole('button', { name: 'Remove camera' }).click();
		await page.getByRole('radio', { name: 'Keep the footage' }).check();
		await screenshot(page, SHOTS, 'modes-remove-keep');
		await page.getByRole('button', { name: 'Remove and keep footage' }).click();
		await page.waitForURL(`${BASE}/`);
		const left = await (await page.request.get(`/api/v1/cameras/${SHED}`)).json();
		assert.ok(left.gone_at !== undefined && left.main_address === '', JSON.stringify(left));
		const state = await page.context().storageState();
		for (const [name, options] of [
			['desktop-light', {}],
			['phone-dark', { phone: true, dark: true, language: 'zh-CN' }]
		]) {
			const other = await openPage(browser, BASE, { language: 'en-US', ...options, state });
			await other.goto('/account');
			await other.locator(`[data-gone="${SHED}"]`).scrollIntoViewIfNeeded();
			await screenshot(other, SHOTS, `modes-gone-${name}`);
			assert.deepEqual(await violations(other), [], `axe, gone ${name}`);
			await other.locator(`[data-gone="${SHED}"] a`).click();
			await other.locator('[data-start]').click();
			await other.locator('video[data-recorded]').waitFor();
			await other.waitForFunction(() => (document.querySelector('video[data-recorded]')?.currentTime ?? 0) > 0);
			await screenshot(other, SHOTS, `modes-kept-${name}`);
			assert.deepEqual(await violations(other), [], `axe, kept ${name}`);
			assert.deepEqual(other.errors, []);
			await other.context().close();
		}
		await page.goto('/account');
		await page.getByRole('button', { name: 'Erase the footage of Shed' }).click();
		await page.locator('[data-erase]').click();
		await page.locator(`[data-gone="${SHED}"]`).waitFor({ state: 'detached' });
		assert.equal((await page.request.get(`/api/v1/cameras/${SHED}`)).status(), 404);
	});
	const state = await page.context().storageState();
	for (const [name, options] of [
		['desktop-light', {}],
		['desktop-dark', { dark: true }],
		['phone-light', { phone: true }],
		['phone-dark', { phone: true, dark: true, language: 'zh-CN' }]
	]) {
		const other = await openPage(browser, BASE, { language: 'en-US', ...options, state });
		for (const [what, path, ready] of [
			['settings', `${CAMERA}/settings`, '[data-plan]'],
			['camera', CAMERA, '[data-privacy]'],
			['home', '/', '[data-home-privacy]']
		]) {
			await other.goto(path);
			await other.locator(ready).first().waitFor();
			await other
				.locator('.week')
				.scrollIntoViewIfNeeded({ timeout: 2000 })
				.catch(() => {});
			await screenshot(other, SHOTS, `modes-${what}-${name}`);
			assert.deepEqual(await violations(other), [], `axe, ${what} ${name}`);
		}
		await other.context().close();
	}
	await step('privacy of a camera is a click and a choice away, and ends by another', async () => {
		await page.goto(CAMERA);
		await page.locator('[data-phase=live]').waitFor({ timeout: 30_000 });
		await page.locator('[data-privacy=false]').click();
		await page.locator('[data-private=hour]').click();
		await page.locator('[data-privacy=true]').waitFor();
		await page.getByText('Privacy is on').first().waitFor();
		await screenshot(page, SHOTS, 'modes-private');
		assert.deepEqual(await violations(page), [], 'axe, private');
		await page.locator('[data-privacy=true]').click();
		await page.locator('[data-phase=live]').waitFor({ timeout: 30_000 });
	});
	await step('and of the whole home', async () => {
		await page.goto('/');
		await page.locator('[data-home-privacy=on]').click();
		await page.locator('[data-private=open]').click();
		await page.locator('[data-home-privacy=off]').waitFor();
		await screenshot(page, SHOTS, 'modes-home-private');
		await page.locator('[data-home-privacy=off]').click();
		await page.locator('[data-home-privacy=on]').waitFor();
	});
	await step('the health of the recording is on the camera’s page', async () => {
		await page.goto(CAMERA);
		await page.getByRole('button', { name: 'Info' }).click();
		await page.getByText('Gaps today').waitFor();
		await screenshot(page, SHOTS, 'modes-health');
	});
	await page.request.patch(`/api/v1${CAMERA}/plan`, { headers: { origin: BASE }, data: { mode: before.mode } });
	assert.deepEqual(page.errors, []);
} finally {
	await browser.close();
}
