// Footage that proves itself: exported by its owner, checked by the page in the case without a network, and damaged everywhere.
//
//   E2E_CAMERAS  ids of two cameras that record      E2E_FOLDER  where the case goes      E2E_TRIES  places that are changed at random
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { launch, openPage, screenshot, violations } from './browser.mjs';
import { BASE, ownersPage } from './owner.mjs';
import { layout } from '../verify/zip.js';
import { crc32 } from '../verify/hash.js';

const cameras = process.env.E2E_CAMERAS.split(',');
const folder = process.env.E2E_FOLDER;
const tries = Number(process.env.E2E_TRIES ?? 100);
const SHOTS = process.env.E2E_SHOTS;

async function step(name, run) {
	try {
		const note = await run();
		console.log(`ok    ${name}${note ? `: ${note}` : ''}`);
	} catch (error) {
		throw new Error(name, { cause: error });
	}
}

/** Where everything of the case lies, found by its own manifest. */
function partsOf(zip) {
	const end = zip.indexOf(10, 43) + 1;
	const manifest = JSON.parse(zip.subarray(43, end).toString());
	const note = end + 42;
	const noteEnd = zip.indexOf(Buffer.from('PK\x03\x04'), note);
	const file = (name, from, to) => ({ name, bytes: to - from, crc32: crc32(zip.subarray(from, to)) });
	const files = manifest.files.map(({ name, bytes, crc32 }) => ({ name, bytes, crc32: parseInt(crc32, 16) }));
	const zipped = layout([file('manifest.json', 43, end), file('manifest.sig', note, noteEnd), ...files]);
	return { manifest, ...zipped };
}

const browser = await launch();
try {
	const page = await ownersPage(browser);
	const path = join(folder, 'case.zip');
	let fingerprint;

	await step('an owner locks a time of two cameras, and exports it as a case', async () => {
		const from = Date.now();
		// Long enough for three fragments a camera, and the half second that is left alone.
		await page.waitForTimeout(6000);
		// Recording ends, so that the files behind the footage are closed and have their place in the chain.
		for (const id of cameras) {
			const camera = `/api/v1/cameras/${id}`;
			await page.request.patch(camera, { headers: { origin: BASE }, data: { recording: false } });
			while ((await (await page.request.get(camera)).json()).state.recording !== 'off') await page.waitForTimeout(100);
		}
		await page.goto(`/cases?camera=${cameras[0]}&from=${from}&to=${Date.now()}`);
		await page.getByRole('checkbox').nth(1).check();
		await page.getByLabel('Reason').fill('A test');
		await page.locator('[data-lock]').click();
		await page.locator('[data-lock-item]').waitFor();
		await page.locator('[data-export]').click();
		await page.locator('[data-case="ready"]').waitFor({ timeout: 30_000 });
		fingerprint = await page.locator('[data-fingerprint]').innerText();
		const download = page.waitForEvent('download');
		await page.locator('[data-case="ready"] a[download]').click();
		await (await download).saveAs(path);
		assert.deepEqual(await violations(page), []);
		await screenshot(page, SHOTS, 'cases');
		return `${readFileSync(path).length} bytes`;
	});

	const zip = readFileSync(path);
	const { manifest, parts, tailAt, length } = partsOf(zip);

	await step('the same bytes come again, whole or in part', async () => {
		const { cases } = await (await page.request.get('/api/v1/cases')).json();
		const at = `/api/v1/cases/${cases[0].id}/case.zip`;
		assert.ok(zip.equals(await (await page.request.get(at)).body()), 'another zip');
		const middle = Math.floor(zip.length / 2);
		const part = await page.request.get(at, { headers: { range: `bytes=${middle}-${middle + 99_999}` } });
		assert.equal(part.status(), 206);
		assert.ok(zip.subarray(middle, middle + 100_000).equals(await part.body()), 'another part');
	});

	await step('a download has its SHA-256 beside it', async () => {
		const { from, to } = manifest.files.at(-1);
		const of = `/api/v1/cameras/${cameras[1]}/recording.mp4`;
		const query = new URLSearchParams({ from, to });
		const said = await (await page.request.get(`${of}.sha256?${query}`)).text();
		assert.equal(said.split(' ')[0], manifest.files.at(-1).sha256);
	});

	await step('a camera with locked footage is not removed unasked', async () => {
		const camera = `/api/v1/cameras/${cameras[0]}`;
		const refused = await page.request.delete(`${camera}?footage=erase`, { headers: { origin: BASE } });
		assert.equal((await refused.json()).code, 'camera.locked');
	});

	// From here on: the page of the case, from a file, in a browser that reaches nobody.
	const own = parts.find(({ name }) => name === 'verify.html');
	const file = join(folder, 'verify.html');
	writeFileSync(file, zip.subarray(own.from, own.to));
	const offline = await openPage(browser, 'file:///', { language: 'en-US' });
	await offline.context().setOffline(true);
	await offline.goto(pathToFileURL(file).href);
	const give = (name, buffer) => offline.locator('#file').setInputFiles({ name, mimeType: 'application/zip', buffer });
	const verdict = async (which) => {
		await offline.locator(`[data-verdict="${which}"]`).waitFor();
		return offline.locator(`[data-verdict="${which}"]`).innerText();
	};

	await step('the offline page believes the case, and shows the fingerprint that the app shows', async () => {
		await offline.locator('#file').setInputFiles(path);
		await verdict('whole');
		assert.equal(await offline.locator('#fingerprint').innerText(), fingerprint);
		assert.deepEqual(await violations(offline), []);
		await screenshot(offline, SHOTS, 'verify');
		return `${manifest.files.length} files of ${manifest.cameras.length} cameras, ${manifest.cameras.map(({ segments, head }) => `${segments.length} segments${head ? ' bound by the log' : ''}`).join(', ')}`;
	});

	await step('a byte that is changed in footage is named on the page: file, camera and time', async () => {
		const footage = parts.find(({ name }) => name.endsWith('.mp4'));
		const changed = Buffer.from(zip);
		changed[Math.floor((footage.from + footage.to) / 2)] ^= 1;
		await give('changed.zip', changed);
		const said = await verdict('changed');
		assert.ok(said.includes(footage.name) && said.includes('门口 Door') && said.includes('footage from'), said);
		await offline.locator('#other').click();
		assert.ok((await verdict('changed')).includes('这个文件被改动'));
		await screenshot(offline, SHOTS, 'verify-changed');
		await give('case.zip', zip);
		await verdict('whole');
	});

	/** Verifies with a byte changed, by the page's own code. Places are of the zip; answers are lists of faults. */
	const damage = (places) =>
		offline.evaluate(async (places) => {
			const bytes = new Uint8Array(await document.getElementById('file').files[0].arrayBuffer());
			const source = { size: bytes.length, read: async (from, to) => bytes.slice(from, Math.max(from, to)) };
			const found = [];
			for (const { at, flip } of places) {
				bytes[at] ^= flip;
				found.push((await window.verifyCase(source)).faults);
				bytes[at] ^= flip;
			}
			// Nothing was left changed: the last word is that it is whole.
			found.push((await window.verifyCase(source)).faults);
			return found;
		}, places);

	/** Whose a place is: a file's content or header, or the directory. */
	const ownerOf = (at) => {
		if (at >= tailAt) return { kind: 'directory' };
		const part = parts.find(({ to }) => at < to);
		return { name: part.name, kind: at < part.from ? 'header' : 'content' };
	};
	function named(at, faults) {
		const { name, kind } = ownerOf(at);
		assert.equal(faults.length, 1, `byte ${at} (${kind} of ${name}): ${JSON.stringify(faults)}`);
		const [fault] = faults;
		assert.equal(fault.file, name, `byte ${at}: ${JSON.stringify(fault)}`);
		const of = { 'manifest.json': ['manifest', 'unreadable'], 'manifest.sig': ['signature'] };
		const kinds = kind === 'content' ? (of[name] ?? ['file']) : [kind];
		assert.ok(kinds.includes(fault.kind), `byte ${at}: ${JSON.stringify(fault)}`);
		if (fault.kind !== 'unreadable')
			assert.ok(fault.from <= at && at < fault.to, `byte ${at}: ${JSON.stringify(fault)}`);
		if (name?.endsWith('.mp4') && kind === 'content') assert.ok(fault.camera && fault.time, `byte ${at}: no time`);
		return fault;
	}

	await step('one changed byte of every part is named', async () => {
		const places = parts.flatMap(({ headerAt, from, to }) => [
			headerAt,
			headerAt + 16,
			from,
			Math.floor((from + to) / 2),
			to - 1
		]);
		places.push(tailAt, tailAt + 16, length - 22, length - 6, length - 1);
		const flips = places.map((at, i) => ({ at, flip: 1 << (i % 8) }));
		const found = await damage(flips);
		assert.deepEqual(found.pop(), []);
		const kinds = {};
		found.forEach((faults, i) => {
			const { kind } = named(places[i], faults);
			kinds[kind] = (kinds[kind] ?? 0) + 1;
		});
		return `${places.length} places: ${Object.entries(kinds)
			.map(([kind, n]) => `${kind} ${n}`)
			.join(', ')}`;
	});

	await step('and of any part, at random', async () => {
		const flips = Array.from({ length: tries }, () => ({
			at: Math.floor(Math.random() * length),
			flip: 1 + Math.floor(Math.random() * 255)
		}));
		const found = await damage(flips);
		assert.deepEqual(found.pop(), []);
		found.forEach((faults, i) => named(flips[i].at, faults));
		return `${tries} of ${tries} named`;
	});

	await step('bytes that are missing or too many are named', async () => {
		for (const [changed, words] of [
			[zip.subarray(0, -1), 'ends too early'],
			[Buffer.concat([zip, Buffer.alloc(1)]), 'added behind'],
			[Buffer.from('no zip at all'), 'no case']
		]) {
			await offline.goto(pathToFileURL(file).href);
			await give('changed.zip', changed);
			const said = await verdict('changed');
			assert.ok(said.includes(words), said);
		}
	});

	assert.deepEqual(offline.errors, []);
	assert.deepEqual(page.errors ?? [], []);
} finally {
	await browser.close();
}
