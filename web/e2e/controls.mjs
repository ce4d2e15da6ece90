// A camera's controls on its page, by hand: a click into the picture, a saved place, the picture's look and back, a light, a
// restart; at last the keys, which stop when they are let go and when the page loses the focus.
//
//   E2E_CAMERA       id of a camera that can be moved
//   E2E_SCREENSHOTS  a folder for what the page looks like
import assert from 'node:assert/strict';
import { launch, openPage, PHONE, screenshot, violations } from './browser.mjs';
import { BASE, ownersPage } from './owner.mjs';

const CAMERA = `/cameras/${process.env.E2E_CAMERA}`;
const SHOTS = process.env.E2E_SCREENSHOTS;

async function step(name, act) {
	const begun = Date.now();
	await act();
	console.log(`  ${name} (${Date.now() - begun} ms)`);
}

async function open(page) {
	await page.goto(CAMERA);
	await page.locator('[data-phase=live]').waitFor({ timeout: 30_000 });
	await page.locator('[data-control]').click();
	await page.locator('[data-controls=ready]').waitFor();
	await page.locator('[data-pad=ready]').waitFor();
}

const browser = await launch();
try {
	const page = await ownersPage(browser);
	const answered = (path, method = 'POST') =>
		page.waitForResponse((answer) => answer.url().endsWith(path) && answer.request().method() === method);
	const ok = async (answer, act) => {
		await act();
		const it = await answer;
		assert.ok(it.ok(), `${it.status()} of ${it.url()}`);
		return it;
	};
	await open(page);

	await step('a click into the picture turns the camera, a saved place brings it back', async () => {
		await page.locator('[data-centre]').click();
		const box = await page.locator('[data-centring]').boundingBox();
		await ok(answered('/aim'), () => page.mouse.click(box.x + box.width * 0.7, box.y + box.height * 0.5));
		await page.locator('[data-centre]').click();
		await page.getByLabel('Name of this view').fill('Gate');
		await ok(answered('/presets'), () => page.getByRole('button', { name: 'Save' }).click());
		await page.locator('[data-presets="1"]').waitFor();
		await ok(answered('/aim'), () => page.locator('[data-home]').click());
		await ok(answered('/aim'), () => page.getByRole('button', { name: 'Gate', exact: true }).click());
	});
	await step('a slider is sent when it is let go, and goes back to where it was', async () => {
		const dial = page.locator('[data-dial=brightness]');
		await dial.focus();
		const changed = await ok(answered('/imaging', 'PATCH'), () => page.keyboard.press('ArrowRight'));
		assert.equal((await changed.json()).brightness.value, 51);
		await ok(answered('/imaging', 'PATCH'), () => page.locator('[data-undo]').click());
		await page.locator('[data-undo]').waitFor({ state: 'detached' });
		assert.equal(await dial.inputValue(), '50');
	});
	await step('a light goes on, a siren on and off', async () => {
		for (const [token, on] of [
			['auxiliary/tt:WhiteLight', true],
			['auxiliary/tt:Siren', true],
			['auxiliary/tt:Siren', false]
		])
			await ok(answered('/switch'), () => page.locator(`[data-switch="${token}|${on}"]`).click());
	});
	await step('the clock is set; a restart is asked about and then shown', async () => {
		await ok(answered('/clock'), () => page.locator('[data-clock]').click());
		await page.locator('[data-restart]').click();
		await ok(answered('/restart'), () => page.locator('[data-restart-yes]').click());
		await page.locator('[data-restarting]').scrollIntoViewIfNeeded();
		await screenshot(page, SHOTS, 'controls-restarting');
	});
	await step('a place is deleted after a question', async () => {
		await page.getByRole('button', { name: 'Delete Gate' }).click();
		await ok(answered('/presets/1', 'DELETE'), () => page.getByRole('button', { name: 'Delete', exact: true }).click());
		await page.locator('[data-presets]').waitFor({ state: 'detached' });
	});
	await step('a camera without ONVIF, and one that does not answer, are told apart', async () => {
		const said = async (name, answer, text) => {
			await page.route('**/controls', (route) => route.fulfill(answer));
			await page.reload();
			await page.locator('[data-control]').click();
			await page.getByText(text).waitFor();
			await screenshot(page, SHOTS, `controls-${name}`);
			assert.deepEqual(await violations(page), [], `axe, ${name}`);
			await page.unroute('**/controls');
		};
		await said('no-onvif', { json: { onvif: false, switches: [], restart: false } }, 'does not know where this camera');
		const problem = { status: 503, json: { code: 'camera.unreachable', status: 503 } };
		await said('unreachable', problem, 'The camera cannot be reached');
		await page.getByRole('button', { name: 'Try again' }).click();
		await page.locator('[data-controls=ready]').waitFor();
	});
	await step('a held key moves; letting it go, and losing the focus, stops', async () => {
		const words = [];
		page.on('websocket', (socket) =>
			socket.on('framesent', ({ payload }) => socket.url().endsWith('/move.ws') && words.push(String(payload)))
		);
		await open(page);
		const said = async (wanted) => {
			for (let waited = 0; words.at(-1) !== wanted; waited += 20) {
				assert.ok(waited < 5000, `wanted ${wanted} last, said ${words.slice(-3)}`);
				await page.waitForTimeout(20);
			}
		};
		await page.locator('[data-way=ArrowRight]').focus();
		await page.keyboard.down('ArrowLeft');
		await said('{"pan":-0.6}');
		await page.keyboard.up('ArrowLeft');
		await said('{}');
		await page.keyboard.down('+');
		await said('{"zoom":0.6}');
		await page.locator('[data-home]').focus();
		await said('{}');
		await page.keyboard.up('+');
	});
	assert.deepEqual(await violations(page), [], 'axe');
	assert.deepEqual(page.errors, []);

	if (SHOTS) {
		const state = await page.context().storageState();
		for (const phone of [false, true])
			for (const dark of [false, true])
				for (const language of ['en-US', 'zh-CN']) {
					const other = await openPage(browser, BASE, { phone, dark, language, state });
					await open(other);
					const name = `controls-${phone ? 'phone' : 'desktop'}-${dark ? 'dark' : 'light'}-${language}`;
					await screenshot(other, SHOTS, name);
					if (phone) {
						await other.setViewportSize({ ...PHONE, height: 2200 });
						await screenshot(other, SHOTS, `${name}-whole`);
					}
					await other.context().close();
				}
	}
} finally {
	await browser.close();
}
