// Cameras that are added by a code: one that reads it through its lens, one whose label is scanned. Each is live at its end.
//
//   E2E_LABEL     an `atipcam:label` URI of a camera in the network that has no owner yet
//   E2E_LENS_PNG  where the code for the lens is put as a PNG, for whoever holds it before a camera in set-up mode
//   E2E_KINDS     networks as JSON, [{name, kind, password, hidden}]: a code for the lens is drawn for each
//   E2E_KINDS_DIR where those codes are put as N.png; `all` is there once they all are
//   E2E_TLS       `no` where the server speaks no TLS: the Wi-Fi page explains then, and invites nobody
//
// What has no setting is passed over.
import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import encodeQR from 'qr';
import decodeQR from 'qr/decode.js';
import { launch, violations, watchVideos } from './browser.mjs';
import { BASE, ownersPage } from './owner.mjs';

const LABEL = process.env.E2E_LABEL;
const LENS_PNG = process.env.E2E_LENS_PNG;
const KINDS = JSON.parse(process.env.E2E_KINDS ?? '[]');
const KINDS_DIR = process.env.E2E_KINDS_DIR;
const NETWORK = 'Sunflower 7';
const PASSWORD = 'p&ss "word"; 42';
/** How long the rig's camera may take to read the code, join and call. */
const CALLED_WITHIN_MS = 120_000;
const FILES = mkdtempSync(join(tmpdir(), 'codes-'));

async function step(name, run) {
	try {
		const note = await run();
		console.log(`ok    ${name}${note ? `: ${note}` : ''}`);
	} catch (error) {
		throw new Error(name, { cause: error });
	}
}

/** A film of this code, dark on light, as a camera before a label sees it: planes of raw pictures (YUV4MPEG2). */
function filmOf(code, path) {
	const [width, height] = [640, 480];
	const rows = encodeQR(code, 'raw', { ecc: 'medium', border: 4 });
	const scale = Math.floor((height * 0.8) / rows.length);
	const luma = Buffer.alloc(width * height, 180);
	const [left, top] = [width, height].map((side) => Math.floor((side - rows.length * scale) / 2));
	for (let y = 0; y < rows.length * scale; y++)
		for (let x = 0; x < rows.length * scale; x++)
			luma[(top + y) * width + left + x] = rows[Math.floor(y / scale)][Math.floor(x / scale)] ? 30 : 225;
	const frame = Buffer.concat([Buffer.from('FRAME\n'), luma, Buffer.alloc((width * height) / 2, 128)]);
	const header = Buffer.from(`YUV4MPEG2 W${width} H${height} F10:1 Ip A1:1 C420jpeg\n`);
	writeFileSync(path, Buffer.concat([header, ...Array(10).fill(frame)]));
	return path;
}

/** Everything that the page asks for from now on, with what it sends. */
function listen(page) {
	const asked = [];
	page.on('request', (request) => {
		asked.push({ method: request.method(), url: request.url(), body: request.postData() ?? '' });
	});
	page.on('websocket', (socket) => socket.on('framesent', ({ payload }) => asked.push({ body: String(payload) })));
	return asked;
}

const spellings = (text) => [
	text,
	encodeURIComponent(text),
	JSON.stringify(text).slice(1, -1),
	Buffer.from(text).toString('base64'),
	Buffer.from(text).toString('base64url')
];

/** Draws the code that is on the screen as a picture, and reads it. */
async function readCode(page, kind) {
	const svg = page.locator(`[data-code=${kind}]`);
	await svg.waitFor({ timeout: 15_000 });
	const png = await svg.screenshot();
	const { data, width, height } = await page.evaluate(async (bytes) => {
		const bitmap = await createImageBitmap(new Blob([new Uint8Array(bytes)], { type: 'image/png' }));
		const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
		const context = canvas.getContext('2d');
		context.drawImage(bitmap, 0, 0);
		const { data, width, height } = context.getImageData(0, 0, bitmap.width, bitmap.height);
		return { data: Array.from(data), width, height };
	}, Array.from(png));
	return { png, code: decodeQR({ data: Uint8Array.from(data), width, height }, { timeLimit: 5000 }) };
}

/** The camera is named and kept, and shows a picture that moves. */
async function welcome(page, name) {
	await page.locator('[data-welcome]').waitFor({ timeout: CALLED_WITHIN_MS });
	assert.deepEqual(await violations(page), []);
	for (let tries = 0; ; tries++) {
		const [video] = await watchVideos(page, '[data-welcome] video', 1000);
		if (video?.frames > 0) break;
		assert.ok(tries < 30, `${name} shows no live picture`);
	}
	await page.fill('input[name=camera_name]', name);
	await page.locator('[data-save]').click();
	await page.locator('[data-saved]').waitFor();
	await page.getByRole('heading', { name }).waitFor();
}

/** Types each network into the form, and puts the code that is drawn where a lens sees it. */
async function drawKinds(page) {
	const form = page.locator('[data-network]');
	for (const [at, { name, kind, password, hidden }] of KINDS.entries()) {
		await page.fill('[data-ssid] input', name);
		await form.getByRole('radio').nth(['wpa', 'sae', 'open'].indexOf(kind)).check();
		if (kind !== 'open') await page.fill('[data-password] input', password);
		await form.getByRole('switch').first().setChecked(hidden);
		await page.locator('[data-draw]').click();
		const { png } = await readCode(page, 'ours');
		writeFileSync(join(KINDS_DIR, `${at}.png`), png);
		await page.locator('[data-change]').click();
	}
	writeFileSync(join(KINDS_DIR, 'all'), '');
	// As it was, for what follows.
	await page.fill('[data-ssid] input', NETWORK);
	await form.getByRole('radio').first().check();
	await page.fill('[data-password] input', PASSWORD);
	await form.getByRole('switch').first().setChecked(false);
	return `${KINDS.length} codes`;
}

async function byLens(browser) {
	const page = await ownersPage(browser);
	const asked = listen(page);
	await page.goto('/cameras/add');
	await page.locator('[data-way=wifi]').click();
	await page.locator('[data-network]').waitFor();
	assert.deepEqual(await violations(page), []);
	await page.fill('[data-ssid] input', NETWORK);
	await page.fill('[data-password] input', PASSWORD);

	await step('a code for cameras of other makes is drawn with no server asked', async () => {
		const before = asked.length;
		await page.locator('[data-foreign] [role=switch]').check();
		await page.locator('[data-draw]').click();
		const { code } = await readCode(page, 'plain');
		assert.equal(code, `WIFI:T:WPA;S:${NETWORK};P:p&ss \\"word\\"\\; 42;;`);
		const changes = asked.slice(before).filter(({ method }) => method !== 'GET');
		assert.deepEqual(changes, []);
		assert.deepEqual(await violations(page), []);
		await page.locator('[data-change]').click();
		await page.locator('[data-foreign] [role=switch]').uncheck();
	});

	if (process.env.E2E_TLS === 'no') {
		await step('a server that no camera can reach says what to do', async () => {
			await page.locator('[data-draw]').click();
			await page.locator('[data-needs-tls]').waitFor();
			assert.deepEqual(await violations(page), []);
		});
	} else {
		if (KINDS.length) await step('a code for the lens is drawn for every kind of network', () => drawKinds(page));
		await step('a code for the lens holds network and invitation', async () => {
			await page.locator('[data-draw]').click();
			const { png, code } = await readCode(page, 'ours');
			assert.match(code, /^atipcam:wifi\?v=1&s=Sunflower%207&t=wpa&p=p%26ss%20%22word%22%3B%2042&u=https%3A%2F%2F/);
			assert.ok(code.includes(`&u=${encodeURIComponent(new URL(BASE).origin)}&f=`), 'it names another server');
			assert.deepEqual(await violations(page), []);
			if (LENS_PNG) {
				// Whoever waits for it never sees half of it.
				writeFileSync(`${LENS_PNG}.part`, png);
				renameSync(`${LENS_PNG}.part`, LENS_PNG);
			}
			return `${code.length} bytes`;
		});
		if (LENS_PNG) await step('the camera that read it calls, and is live', () => welcome(page, 'By its lens'));
	}

	await step('no request carried the name or the password of the network', async () => {
		const typed = KINDS.flatMap(({ name, password }) => [name, password]).filter((text) => text);
		for (const secret of [NETWORK, PASSWORD, ...typed])
			for (const spelling of spellings(secret))
				assert.ok(!asked.some((one) => JSON.stringify(Object.values(one)).includes(spelling)), `sent as ${spelling}`);
		return `${asked.length} requests`;
	});
	assert.deepEqual(page.errors, []);
	await page.context().close();
}

async function refusals(browser) {
	const page = await ownersPage(browser);
	await step(
		'codes that add no camera are refused with the reason, and nothing of them is opened or shown',
		async () => {
			await page.goto('/cameras/add');
			await page.locator('[data-way=label]').click();
			const field = page.locator('[data-type-code] input');
			await field.waitFor();
			assert.deepEqual(await violations(page), []);
			const asked = listen(page);
			for (const [code, reason] of [
				['https://example.org/lure', 'link'],
				['javascript:document.body.remove()', 'script'],
				['WIFI:T:WPA;S:Lure;P:12345678;;', 'wifi'],
				['<img src=x onerror=alert(1)>', 'unknown'],
				['atipcam:label?v=1&i=AAAA&k=AAAA', 'label']
			]) {
				await field.fill(code);
				await page.locator('[data-use-code]').click();
				await page.locator(`[data-refused=${reason}]`).waitFor();
				assert.ok(!(await page.locator('[data-refused]').innerText()).includes(code));
			}
			assert.deepEqual(
				asked.filter(({ method, url }) => method !== 'GET' || !url.startsWith(BASE)),
				[]
			);
			assert.equal(new URL(page.url()).pathname, '/cameras/add');
			assert.deepEqual(await violations(page), []);
		}
	);
	await step('a device whose camera may not be used still has photo and typing', async () => {
		await page.locator('[data-scan-start]').click();
		await page.locator('[data-no-camera]').waitFor();
		await page.locator('[data-photo]').waitFor({ state: 'attached' });
		await page.locator('[data-type-code] input').waitFor();
		return page.locator('[data-no-camera]').getAttribute('data-no-camera');
	});
	await step('a photo of another make’s label tells its number, and looks for it in the network', async () => {
		const rows = encodeQR('{SN:6J0A123PAG00017,DT:IPC-A1,SC:L2SECRET}', 'raw', { ecc: 'medium', border: 4 });
		const png = await page.evaluate(async (rows) => {
			const canvas = new OffscreenCanvas(rows.length * 9, rows.length * 9);
			const context = canvas.getContext('2d');
			context.fillStyle = '#eee';
			context.fillRect(0, 0, canvas.width, canvas.height);
			context.fillStyle = '#222';
			for (const [y, row] of rows.entries())
				for (const [x, dark] of row.entries()) if (dark) context.fillRect(x * 9, y * 9, 9, 9);
			return Array.from(new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer()));
		}, rows);
		await page.setInputFiles('[data-photo]', { name: 'label.png', mimeType: 'image/png', buffer: Buffer.from(png) });
		const read = page.locator('[data-read=serial]');
		await read.waitFor({ timeout: 15_000 });
		const said = await read.innerText();
		assert.ok(said.includes('6J0A123PAG00017') && said.includes('IPC-A1') && !said.includes('SECRET'), said);
		assert.deepEqual(await violations(page), []);
	});
	assert.deepEqual(page.errors, []);
	await page.context().close();
}

async function byLabel() {
	const film = filmOf(LABEL, join(FILES, 'label.y4m'));
	const browser = await launch([
		'--use-fake-device-for-media-stream',
		'--use-fake-ui-for-media-stream',
		`--use-file-for-fake-video-capture=${film}`
	]);
	try {
		const page = await ownersPage(browser);
		await step('the camera is asked for when a person taps for it and not before', async () => {
			await page.addInitScript(() => {
				window.opened = 0;
				const open = navigator.mediaDevices?.getUserMedia.bind(navigator.mediaDevices);
				if (open) {
					navigator.mediaDevices.getUserMedia = (wanted) => {
						window.opened += 1;
						return open(wanted).then((stream) => (window.stream = stream));
					};
				}
			});
			await page.goto('/cameras/add');
			await page.locator('[data-way=label]').click();
			await page.locator('[data-scan-start]').waitFor();
			assert.equal(await page.evaluate(() => window.opened), 0);
		});
		const asked = listen(page);
		await step('a scanned label pairs the camera, step by step', async () => {
			await page.locator('[data-scan-start]').click();
			// A camera beside the server answers within a second.
			await page.locator('[data-pair], [data-welcome]').first().waitFor({ timeout: 20_000 });
			const left = await page.evaluate(() => window.stream.getTracks().map(({ readyState }) => readyState));
			assert.deepEqual(left, ['ended'], 'the device’s camera runs on');
			await page.locator('[data-welcome], [data-pair=failed]').first().waitFor({ timeout: CALLED_WITHIN_MS });
			const failed = page.locator('[data-pair=failed]');
			if (await failed.count()) assert.fail(await failed.innerText());
			// The live view that follows posts an offer of its own.
			const posted = asked.filter(({ method, url }) => method === 'POST' && !url.includes('/whep'));
			assert.deepEqual(
				posted.map(({ body }) => body),
				[JSON.stringify({ code: LABEL })],
				'more was sent than the code'
			);
		});
		await step('it is live, and is named', () => welcome(page, 'By its label'));
		assert.deepEqual(page.errors, []);
	} finally {
		await browser.close();
	}
}

const browser = await launch();
try {
	await byLens(browser);
	await refusals(browser);
} finally {
	await browser.close();
}
try {
	if (LABEL) await byLabel();
} finally {
	rmSync(FILES, { recursive: true });
}
