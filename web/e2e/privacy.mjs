// What a person sees and decides about their own data, while streams run.
//
//   E2E_CAMERA   id of a camera whose sound is live       E2E_RECEIPT  a file for the receipt of the withdrawal
import assert from 'node:assert/strict';
import { launch, openPage, violations } from './browser.mjs';
import { BASE, ownersPage } from './owner.mjs';

const camera = `${BASE}/api/v1/cameras/${process.env.E2E_CAMERA}`;
const WITHIN_MS = 1000;

/** In the page: watches with sound, and keeps count in `window.watched`. */
async function watch(camera) {
	const connection = new RTCPeerConnection();
	for (const kind of ['video', 'audio']) connection.addTransceiver(kind, { direction: 'recvonly' });
	await connection.setLocalDescription(await connection.createOffer());
	const answer = await fetch(`${camera}/whep`, {
		method: 'POST',
		headers: { 'content-type': 'application/sdp' },
		body: connection.localDescription.sdp
	});
	if (!answer.ok) throw new Error(`whep: ${answer.status} ${await answer.text()}`);
	await connection.setRemoteDescription({ type: 'answer', sdp: await answer.text() });
	const watched = { audio: { packets: 0, at: 0 }, video: { packets: 0, at: 0 } };
	window.watched = watched;
	const look = async () => {
		for (const report of (await connection.getStats()).values()) {
			if (report.type !== 'inbound-rtp') continue;
			const kind = watched[report.kind];
			if (report.packetsReceived > kind.packets)
				Object.assign(kind, { packets: report.packetsReceived, at: Date.now() });
		}
		setTimeout(look, 20);
	};
	await look();
}

/** Waits until so many packets of each kind have come. */
async function running(page, kinds) {
	await page.waitForFunction((kinds) => kinds.every((kind) => window.watched[kind].packets > 20), kinds, {
		timeout: 20_000
	});
}

/** How long after `at` the last packet of a kind came, looked at 3 s later. */
async function last(page, kind, at) {
	await page.waitForTimeout(3000);
	return page.evaluate(([kind, at]) => window.watched[kind].at - at, [kind, at]);
}

async function step(name, run) {
	try {
		const note = await run();
		console.log(`ok    ${name}${note ? `: ${note}` : ''}`);
	} catch (error) {
		throw new Error(name, { cause: error });
	}
}

const browser = await launch();
try {
	await step(
		'before an agreement a stranger causes no request but for the app and the policy, and nothing is stored',
		async () => {
			const page = await openPage(browser, BASE, { language: 'zh-CN' });
			const asked = new Set();
			page.on('request', (request) => asked.add(new URL(request.url()).pathname));
			await page.goto('/policy');
			await page.getByRole('heading', { level: 1 }).waitFor();
			const api = [...asked].filter((path) => path.startsWith('/api/'));
			const allowed = [
				'/api/v1/policy',
				'/api/v1/policy/page',
				'/api/v1/policy/history',
				'/api/v1/server',
				'/api/v1/session'
			];
			assert.deepEqual(
				api.filter((path) => !allowed.includes(path)),
				[]
			);
			const kept = await page.evaluate(async () => [
				localStorage.length,
				sessionStorage.length,
				(await indexedDB.databases()).length,
				document.cookie
			]);
			assert.deepEqual(kept, [0, 0, 0, '']);
			assert.deepEqual(await page.context().cookies(), []);
			await page.context().close();
			return `${api.length} requests: ${api.join(' ')}`;
		}
	);

	const page = await ownersPage(browser);
	await page.goto('/policy');
	await page.evaluate(watch, camera);
	await running(page, ['audio', 'video']);
	const centre = await page.context().newPage();
	const sound = centre.locator('[data-purpose="video.sound"]');

	await step(
		'a consent withdrawn while a stream runs silences it within a second, and its receipt is there',
		async () => {
			await centre.goto('/privacy/consents');
			const answered = centre.waitForResponse((answer) => answer.url().endsWith('/privacy/consents/video.sound'));
			await sound.getByRole('switch').click();
			assert.equal((await answered).status(), 200);
			const at = Date.now();
			const ms = await last(page, 'audio', at);
			assert.ok(ms < WITHIN_MS, `sound came for ${ms} ms more`);
			const video = await page.evaluate(() => Date.now() - window.watched.video.at);
			assert.ok(video < WITHIN_MS, 'the picture stopped too');
			const download = centre.waitForEvent('download');
			await sound.getByRole('link').click();
			await (await download).saveAs(process.env.E2E_RECEIPT);
			return `the last packet of sound ${ms} ms after the answer; the picture goes on`;
		}
	);

	await step('the log shows it', async () => {
		const events = await (await page.request.get('/api/v1/privacy/events?kind=consent')).json();
		assert.deepEqual(
			events.events.slice(0, 2).map(({ kind, payload }) => [kind, payload.purpose]),
			[
				['consent.withdrawn', 'video.sound'],
				['consent.given', 'video.sound']
			]
		);
		await centre.goto('/privacy/log');
		await centre.locator('main li').first().waitFor();
	});

	await step('an agreement withdrawn while a stream runs cuts it within a second', async () => {
		await centre.goto('/privacy/consents');
		await centre.getByRole('button', { name: 'Withdraw' }).click();
		const answered = centre.waitForResponse((answer) => answer.url().endsWith('/agreement'));
		await centre.locator('[data-withdraw]').click();
		assert.equal((await answered).status(), 204);
		const ms = await last(page, 'video', Date.now());
		assert.ok(ms < WITHIN_MS, `pictures came for ${ms} ms more`);
		const refused = await page.request.get('/api/v1/cameras');
		assert.equal((await refused.json()).code, 'policy.not_agreed');
		return `the last packet of the picture ${ms} ms after the answer`;
	});

	await step('the centre stays open without an agreement, and agreeing again opens the rest', async () => {
		await centre.goto('/privacy');
		await centre.getByRole('heading', { level: 1 }).waitFor();
		const { version } = await (await page.request.get('/api/v1/policy')).json();
		const again = await page.request.put('/api/v1/agreement', {
			headers: { origin: BASE },
			data: { policy_version: version, language: 'en', adult: true }
		});
		assert.equal(again.status(), 204);
		assert.equal((await page.request.get('/api/v1/cameras')).status(), 200);
	});

	await step('the owner sees who watched', async () => {
		await centre.goto('/privacy/access');
		await centre.getByText('Sounding').first().waitFor({ timeout: 10_000 });
	});

	for (const path of [
		'/policy',
		'/privacy',
		'/privacy/consents',
		'/privacy/shared',
		'/privacy/access',
		'/privacy/log',
		'/privacy/account'
	]) {
		await step(`axe finds nothing wrong: ${path}`, async () => {
			await centre.goto(path);
			await centre.getByRole('heading', { level: 1 }).waitFor();
			await centre.waitForTimeout(300);
			assert.deepEqual(await violations(centre), []);
		});
	}
	assert.deepEqual(centre.errors ?? [], []);
} finally {
	await browser.close();
}
