// The journey of a person with a new server, in a real browser against a real server.
//
//   E2E_URL      where the server is; it must not be set up yet
//   E2E_CODE     the set-up code, where the server wants one
//   E2E_CAMERAS  cameras to add where there are none yet: `main[|sub]`, separated by spaces
//   E2E_OUT      a directory for screenshots and downloads
//
// Needs ffmpeg and ffprobe.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launch, openPage, screenshot, violations, watchVideos } from './browser.mjs';

const BASE = (process.env.E2E_URL ?? '').replace(/\/$/, '');
if (!BASE) throw new Error('E2E_URL says where the server is');
const OUT = process.env.E2E_OUT;
const FILES = OUT ?? mkdtempSync(join(tmpdir(), 'e2e-'));
mkdirSync(FILES, { recursive: true });
const EMAIL = 'owner@example.com';
const PASSWORD = 'a quiet house at night';
const TILES = 4;

let passed = 0;
let failed = 0;
async function step(name, act) {
	const began = performance.now();
	try {
		const said = await act();
		passed += 1;
		console.log(`ok    ${name} (${((performance.now() - began) / 1000).toFixed(1)} s)${said ? `: ${said}` : ''}`);
	} catch (error) {
		failed += 1;
		console.log(`FAIL  ${name}: ${error.stack ?? error}`);
		throw error;
	}
}

const accessible = (page, name) =>
	step(`axe finds nothing wrong: ${name}`, async () => {
		// Nothing is judged while it fades in.
		await page.waitForTimeout(300);
		assert.deepEqual(await violations(page), []);
	}).catch(() => {}); // Counted; the journey goes on and shows the rest.

const browser = await launch();
const page = await openPage(browser, BASE);
let state;
let camera;

async function firstRun() {
	await step('a new server asks for the language first', async () => {
		await page.goto('/');
		await page.waitForURL('**/setup');
		await page.locator('[data-next]').waitFor();
	});
	await accessible(page, 'language');
	await step('nothing is stored before the policy is agreed to', async () => {
		await page.getByRole('button', { name: '简体中文' }).click();
		await page.locator('[data-next]').click();
		await page.locator('[data-agree]').waitFor();
		assert.equal(await page.evaluate(() => localStorage.length + sessionStorage.length), 0);
		assert.deepEqual(await page.context().cookies(), []);
	});
	await accessible(page, 'policy to agree to');
	await step('the owner is created', async () => {
		await page.locator('[data-agree]').click();
		await accessible(page, 'owner account');
		if (await page.locator('input[name=code]').count()) await page.fill('input[name=code]', process.env.E2E_CODE ?? '');
		await page.fill('input[name=email]', EMAIL);
		await page.fill('input[name=password]', PASSWORD);
		await page.check('input[name=adult]');
		await page.getByRole('button', { name: '创建账号' }).click();
		await page.locator('[data-storage]').waitFor();
		return page.locator('[data-storage]').innerText();
	});
	await accessible(page, 'set-up done');
	await page.locator('[data-look]').click();
	await page.waitForURL(`${BASE}/`);
	state = await page.context().storageState();
}

async function addCameras() {
	const listed = async () => (await (await page.request.get('/api/v1/cameras')).json()).cameras;
	const wanted = (process.env.E2E_CAMERAS ?? '').split(/\s+/).filter(Boolean);
	const missing = Math.max(0, wanted.length - (await listed()).length);
	for (const [index, addresses] of wanted.slice(wanted.length - missing).entries()) {
		await step(`camera ${index + 1} is tested and added`, async () => {
			const [main, sub] = addresses.split('|');
			await page.goto('/cameras/add');
			await page.locator('[data-by-address]').click();
			await page.fill('input[name=main_url]', main);
			if (sub) await page.fill('input[name=sub_url]', sub);
			if (index === 0) await accessible(page, 'address of a camera');
			await page.getByRole('button', { name: '测试连接' }).click();
			await page.locator('[data-step=picture][data-state=ok]').waitFor({ timeout: 30_000 });
			await page.locator('img[src^="data:image/jpeg"]').waitFor();
			if (index === 0) await accessible(page, 'tested camera');
			await page.locator('[data-next]').click();
			await page.fill('input[name=camera_name]', `${index + 1} 号`);
			if (index === 0) await accessible(page, 'name of a camera');
			await page.locator('[data-save]').click();
			await page.getByRole('link', { name: '打开摄像机' }).waitFor();
		});
	}
	await page.goto('/');
}

async function grid() {
	await step(`${TILES} tiles are live by WebRTC, with pictures that move`, async () => {
		await page.waitForFunction(
			(count) => document.querySelectorAll('[data-camera][data-phase=live][data-path=webrtc]').length >= count,
			TILES,
			{ timeout: 60_000 }
		);
		const videos = await watchVideos(page, '[data-camera] video', 4000);
		for (const { frames, changed } of videos.slice(0, TILES)) {
			assert.ok(frames >= 20, `only ${frames} pictures in 4 s`);
			assert.ok(changed > 20, `only ${changed} values changed in 4 s`);
		}
		return videos.map(({ frames, width }) => `${frames} pictures, ${width} wide`).join('; ');
	});
	await accessible(page, 'grid');
	await step('arrows move between tiles', async () => {
		const focused = () => page.evaluate(() => document.activeElement?.getAttribute('data-camera'));
		await page.locator('[data-camera]').first().focus();
		const first = await focused();
		await page.keyboard.press('ArrowRight');
		assert.notEqual(await focused(), first);
		await page.keyboard.press('ArrowLeft');
		assert.equal(await focused(), first);
	});
}

async function cameraPage() {
	await step('Enter opens a camera, which is live', async () => {
		camera = await page.locator('[data-camera]').first().getAttribute('data-camera');
		await page.keyboard.press('Enter');
		await page.waitForURL(`**/cameras/${camera}`);
		await page.locator('.stage[data-phase=live]').waitFor({ timeout: 15_000 });
		const [video] = await watchVideos(page, '.stage video:not([data-recorded])', 2000);
		assert.ok(video.frames >= 10, `only ${video.frames} pictures in 2 s`);
		return `${video.width} × ${video.height}`;
	});
	await accessible(page, 'camera, live');
	await step('the info sheet says by which path', async () => {
		await page.getByRole('button', { name: '信息', exact: true }).click();
		await page.locator('dialog[open] [data-stats]', { hasText: 'WebRTC' }).waitFor();
		await page.waitForTimeout(2200);
		await accessible(page, 'info sheet');
		const said = (await page.locator('dialog[open] [data-stats]').innerText()).replaceAll(/\s+/g, ' ');
		await page.keyboard.press('Escape');
		return said;
	});
	await step('a snapshot is a picture', async () => {
		const [download] = await Promise.all([
			page.waitForEvent('download'),
			page.getByRole('button', { name: '拍照' }).click()
		]);
		const path = join(FILES, 'snapshot.jpg');
		await download.saveAs(path);
		const { streams } = probe(path);
		assert.equal(streams[0].codec_name, 'mjpeg');
		return `${download.suggestedFilename()}, ${streams[0].width} × ${streams[0].height}`;
	});
}

function probe(path) {
	return JSON.parse(
		execFileSync('ffprobe', ['-v', 'error', '-of', 'json', '-show_streams', '-show_format', path], { encoding: 'utf8' })
	);
}

const head = (on) => on.locator('.timeline [role=slider]').first();
const headAt = async (on) => Number(await head(on).getAttribute('aria-valuenow'));

/** Drags the play head back by this many seconds, as a hand would. */
async function scrubBack(on, seconds) {
	const goal = Date.now() / 1000 - seconds;
	const box = await head(on).boundingBox();
	const y = box.y + box.height / 2;
	let x = box.x + box.width / 2;
	await on.mouse.move(x, y);
	await on.mouse.down();
	while ((await headAt(on)) > goal && x > 100) await on.mouse.move((x -= 2), y);
	return goal;
}

async function recorded() {
	await step('there are 40 seconds of recording', async () => {
		for (;;) {
			const now = Date.now();
			const range = `from=${new Date(now - 3600_000).toISOString()}&to=${new Date(now).toISOString()}`;
			const { spans } = await (await page.request.get(`/api/v1/cameras/${camera}/timeline?${range}`)).json();
			if (spans.length > 0 && now - Date.parse(spans[0].from) > 40_000) return `${spans.length} spans`;
			assert.ok(performance.now() < 240_000, 'nothing is being recorded');
			await page.waitForTimeout(1000);
		}
	});
	await step('scrubbing back 30 s shows a thumbnail and plays from there', async () => {
		await page.reload();
		await page.locator('.stage[data-phase=live]').waitFor({ timeout: 15_000 });
		for (let i = 0; i < 6; i++) await page.getByRole('button', { name: '放大' }).click();
		const goal = await scrubBack(page, 30);
		await page.locator('.timeline img').waitFor({ timeout: 10_000 });
		await page.waitForFunction(() => document.querySelector('.timeline img')?.naturalWidth > 0);
		await screenshot(page, OUT, 'scrubbing');
		const released = performance.now();
		await page.mouse.up();
		await page.locator('.stage[data-phase=recorded]').waitFor();
		await page.waitForFunction(() => document.querySelector('video[data-recorded]')?.currentTime > 0);
		await page.waitForFunction(() => !document.querySelector('video[data-recorded]').seeking);
		const waited = performance.now() - released;
		const [video] = await watchVideos(page, 'video[data-recorded]', 3000);
		assert.ok(video.frames >= 15, `only ${video.frames} pictures in 3 s`);
		assert.ok(video.changed > 20, 'the recording does not move');
		const at = await headAt(page);
		assert.ok(at >= goal - 3 && at <= goal + 12, `plays ${at - goal} s off`);
		return `first picture after ${waited.toFixed(0)} ms, ${video.frames} pictures in 3 s`;
	});
	await accessible(page, 'camera, recorded');
	await step('pause, ten seconds back and the live button work by keyboard', async () => {
		await page.evaluate(() => document.activeElement?.blur());
		const before = await headAt(page);
		await page.keyboard.press(' ');
		await page.waitForFunction(() => document.querySelector('video[data-recorded]').paused);
		await page.keyboard.press('ArrowLeft');
		await page.waitForFunction((at) => {
			const now = Number(document.querySelector('.timeline [role=slider]').getAttribute('aria-valuenow'));
			return now < at - 5;
		}, before);
		await page.keyboard.press('l');
		await page.locator('.stage[data-phase=live]').waitFor({ timeout: 15_000 });
	});
}

async function clip() {
	await step('a range is downloaded, and decodes without an error', async () => {
		await page.getByRole('button', { name: '下载片段' }).click();
		await page.getByRole('link', { name: '下载 MP4' }).waitFor();
		await accessible(page, 'camera, choosing a clip');
		const said = await page.locator('output').innerText();
		const [download] = await Promise.all([
			page.waitForEvent('download'),
			page.getByRole('link', { name: '下载 MP4' }).click()
		]);
		const path = join(FILES, 'clip.mp4');
		await download.saveAs(path);
		const { streams, format } = probe(path);
		assert.ok(streams.some(({ codec_type: type }) => type === 'video'));
		assert.ok(Math.abs(Number(format.duration) - 30) < 6, `${format.duration} s instead of 30`);
		const decode = spawnSync('ffmpeg', ['-v', 'error', '-xerror', '-i', path, '-f', 'null', '-'], { encoding: 'utf8' });
		assert.equal(decode.status, 0, decode.stderr);
		assert.equal(decode.stderr, '');
		return `${said}; ${download.suggestedFilename()}: ${Number(format.duration).toFixed(2)} s, ${format.size} bytes`;
	});
	await page.keyboard.press('Escape');
}

async function otherPages() {
	await step('settings: rename, and the question before removing', async () => {
		await page.goto(`/cameras/${camera}/settings`);
		const name = page.locator('form input').first();
		await name.waitFor();
		const old = await name.inputValue();
		await name.fill(`${old}!`);
		await page.getByRole('button', { name: '保存', exact: true }).first().click();
		await page.getByRole('heading', { level: 1, name: `${old}!的设置` }).waitFor();
		await name.fill(old);
		await page.getByRole('button', { name: '保存', exact: true }).first().click();
		await page.getByRole('heading', { level: 1, name: `${old}的设置` }).waitFor();
		await accessible(page, 'camera settings');
		const remove = page.getByRole('button', { name: '删除摄像机' });
		await remove.click();
		await page.locator('dialog[open]').waitFor();
		await accessible(page, 'question before removing');
		await page.keyboard.press('Escape');
		assert.ok(await remove.evaluate((button) => button === document.activeElement), 'focus is back at the opener');
	});
	for (const [path, name] of [
		['/account', 'account'],
		['/policy', 'policy'],
		['/privacy', 'privacy centre, stored'],
		['/privacy/consents', 'privacy centre, consents'],
		['/privacy/shared', 'privacy centre, who got what'],
		['/privacy/access', 'privacy centre, who looked'],
		['/privacy/log', 'privacy centre, log'],
		['/privacy/account', 'privacy centre, cancel'],
		['/cameras/add', 'adding a camera'],
		['/no/such/page', 'page not found']
	]) {
		await page.goto(path);
		await page.locator('h1').waitFor();
		await accessible(page, name);
	}
	await step('a camera that does not answer is named as such', async () => {
		await page.goto('/cameras/add');
		await page.locator('[data-by-address]').click();
		await page.fill('input[name=main_url]', 'rtsp://127.0.0.1:9/none');
		await page.getByRole('button', { name: '测试连接' }).click();
		await page.locator('[data-step=connect][data-state=failed]').waitFor({ timeout: 30_000 });
		await accessible(page, 'failed test of a camera');
		return (await page.locator('[data-step=connect]').innerText()).replaceAll(/\s+/g, ' ');
	});
}

/** Every page again as the opposite: English, dark, on a phone. And pictures of what there is to show. */
async function otherLooks() {
	for (const look of [
		{ name: 'desktop-light' },
		{ name: 'desktop-dark', dark: true },
		{ name: 'phone-light', phone: true },
		{ name: 'phone-dark', phone: true, dark: true, language: 'en-US' }
	]) {
		// A choice of language in the stored state would outweigh the browser's.
		const stored = look.language ? { ...state, origins: [] } : state;
		const other = await openPage(browser, BASE, { ...look, state: stored });
		const judge =
			look.language === undefined ? () => {} : (name) => accessible(other, `${name}, ${look.name}, English`);
		await other.goto('/');
		await other.locator('[data-camera][data-phase=live]').first().waitFor({ timeout: 30_000 });
		await other.waitForTimeout(1500);
		await screenshot(other, OUT, `grid-${look.name}`);
		await judge('grid');
		await other.goto(`/cameras/${camera}`);
		await other.locator('.stage[data-phase=live]').waitFor({ timeout: 15_000 });
		await other.waitForTimeout(1500);
		await screenshot(other, OUT, `camera-${look.name}`);
		await judge('camera');
		await other.evaluate(() => document.activeElement?.blur());
		for (let i = 0; i < 3; i++) await other.keyboard.press('ArrowLeft');
		await other.locator('.stage[data-phase=recorded]').waitFor();
		await other.waitForFunction(() => document.querySelector('video[data-recorded]')?.currentTime > 0);
		await other.waitForTimeout(1500);
		await screenshot(other, OUT, `timeline-${look.name}`);
		await judge('recording');
		if (look.language) {
			const centre = ['', '/consents', '/shared', '/access', '/log', '/account'].map((part) => `/privacy${part}`);
			for (const path of ['/account', '/policy', '/cameras/add', `/cameras/${camera}/settings`, ...centre]) {
				await other.goto(path);
				await other.locator('h1').waitFor();
				await judge(path);
			}
		}
		assert.deepEqual(other.errors, []);
		await other.context().close();
	}
}

/** Without UDP and without HLS of its own, a browser still shows everything. */
async function fallbacks() {
	const other = await openPage(browser, BASE, {
		state,
		before: () => {
			delete window.RTCPeerConnection;
			HTMLMediaElement.prototype.canPlayType = () => '';
		}
	});
	await step('tiles are live over WebSocket where there is no WebRTC', async () => {
		await other.goto('/');
		await other.waitForFunction(
			(count) => document.querySelectorAll('[data-camera][data-phase=live][data-path=mse]').length >= count,
			TILES,
			{ timeout: 60_000 }
		);
		const videos = await watchVideos(other, '[data-camera] video', 4000);
		for (const { frames, changed } of videos.slice(0, TILES)) {
			assert.ok(frames >= 20, `only ${frames} pictures in 4 s`);
			assert.ok(changed > 20);
		}
		return videos.map(({ frames }) => `${frames} pictures`).join(', ');
	});
	await step('a recording plays by Media Source Extensions where there is no HLS', async () => {
		await other.goto(`/cameras/${camera}`);
		await other.locator('.stage[data-phase=live]').waitFor({ timeout: 15_000 });
		await other.evaluate(() => document.activeElement?.blur());
		for (let i = 0; i < 3; i++) await other.keyboard.press('ArrowLeft');
		await other.waitForFunction(() => document.querySelector('video[data-recorded]')?.readyState >= 3, undefined, {
			timeout: 15_000
		});
		const [video] = await watchVideos(other, 'video[data-recorded]', 3000);
		assert.ok(video.frames >= 15, `only ${video.frames} pictures in 3 s`);
		return `${video.frames} pictures in 3 s`;
	});
	assert.deepEqual(other.errors, []);
	await other.context().close();
}

async function signOutAndIn() {
	await step('signing out ends the session', async () => {
		await page.goto('/account');
		await page.getByRole('button', { name: '退出登录' }).click();
		await page.waitForURL('**/sign-in**');
		assert.equal((await page.request.get('/api/v1/cameras')).status(), 401);
	});
	await accessible(page, 'sign-in');
	await step('a wrong password is said plainly, the right one signs in', async () => {
		await page.fill('input[type=email]', EMAIL);
		await page.fill('input[type=password]', 'not the password');
		await page.getByRole('button', { name: '登录', exact: true }).click();
		await page.getByText('邮箱或密码不对').waitFor();
		await accessible(page, 'sign-in refused');
		await page.fill('input[type=password]', PASSWORD);
		await page.getByRole('button', { name: '登录', exact: true }).click();
		await page.locator('[data-camera]').first().waitFor();
	});
}

try {
	await firstRun();
	await addCameras();
	await grid();
	await cameraPage();
	await recorded();
	await clip();
	await otherPages();
	await otherLooks();
	await fallbacks();
	await signOutAndIn();
	await step('no page broke its content policy, threw, or asked anybody else', async () =>
		assert.deepEqual(page.errors, [])
	);
} catch (error) {
	if (failed === 0) {
		failed += 1;
		console.log(`FAIL  ${error.stack ?? error}`);
	}
	await screenshot(page, FILES, 'failure').catch(() => {});
} finally {
	await browser.close();
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
