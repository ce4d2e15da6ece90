// Measures live view: time to the first frame by WebRTC and by MSE, and latency from the code that each picture carries.
//
//   E2E_CAMERA  id of a virtual camera       E2E_TRIES   first frames to take the percentiles of
//   E2E_SENT    where it tells what it sent  BENCH_JSON  a file for the figures; else they are printed
import { writeFileSync } from 'node:fs';
import { launch } from './browser.mjs';
import { BASE, ownersPage } from './owner.mjs';

const camera = `${BASE}/api/v1/cameras/${process.env.E2E_CAMERA}`;
const tries = Number(process.env.E2E_TRIES ?? 20);
/** How long latency is watched, after the first frame. */
const WATCH_MS = 10_000;

/** In the page: plays one view and tells when each of its pictures was shown, and which it was. */
async function view({ path, camera, watchMs }) {
	const video = document.createElement('video');
	video.muted = true;
	document.body.append(video);
	const strip = new OffscreenCanvas(40, 1);
	const context = strip.getContext('2d', { willReadFrequently: true });
	/** The index in the picture: 15 squares at the top left, each a fortieth of its width (docs of `atipcam camera`). */
	const index = () => {
		const side = video.videoWidth / 40;
		context.drawImage(video, 0, side / 2, video.videoWidth, 1, 0, 0, 40, 1);
		const { data } = context.getImageData(0, 0, 15, 1);
		const bright = (square) => data[square * 4] > 128;
		if (!bright(0) || bright(1) || bright(14)) return undefined;
		let bits = 0;
		for (let square = 2; square < 14; square++) bits = bits * 2 + bright(square);
		return bits;
	};
	const shown = [];
	let first;
	const watched = new Promise((resolve) => {
		const frame = () => {
			const at = performance.now();
			first ??= at;
			shown.push({ at: (performance.timeOrigin + at) / 1000, sinceFirst: at - first, index: index() });
			if (at - first >= watchMs) resolve();
			else video.requestVideoFrameCallback(frame);
		};
		video.requestVideoFrameCallback(frame);
	});
	const failed = new Promise((_, reject) =>
		setTimeout(() => reject(new Error(`${path}: no picture in 15 s`)), 15_000 + watchMs)
	);

	let close;
	let started;
	if (path === 'webrtc') {
		const connection = new RTCPeerConnection();
		connection.addTransceiver('video', { direction: 'recvonly' });
		connection.ontrack = ({ streams, track }) => {
			video.srcObject = streams[0] ?? new MediaStream([track]);
			void video.play();
		};
		await connection.setLocalDescription(await connection.createOffer());
		started = performance.now();
		const answer = await fetch(`${camera}/whep`, {
			method: 'POST',
			headers: { 'content-type': 'application/sdp' },
			body: connection.localDescription.sdp
		});
		if (!answer.ok) throw new Error(`whep: ${answer.status} ${await answer.text()}`);
		await connection.setRemoteDescription({ type: 'answer', sdp: await answer.text() });
		close = () => {
			connection.close();
			return fetch(answer.headers.get('location'), { method: 'DELETE' });
		};
	} else {
		started = performance.now();
		const source = new MediaSource();
		video.src = URL.createObjectURL(source);
		await new Promise((resolve) => source.addEventListener('sourceopen', resolve, { once: true }));
		const socket = new WebSocket(`${camera.replace('http', 'ws')}/live.ws?stream=main`);
		socket.binaryType = 'arraybuffer';
		const waiting = [];
		let buffer;
		const append = () => {
			if (waiting.length > 0 && buffer && !buffer.updating) buffer.appendBuffer(waiting.shift());
			// What is buffered ahead of what is shown is latency.
			const end = video.buffered.length > 0 ? video.buffered.end(0) : 0;
			if (end - video.currentTime > 0.2) video.currentTime = end - 0.05;
			if (end > 0 && video.paused) void video.play();
		};
		socket.onmessage = ({ data }) => {
			if (typeof data === 'string') {
				const word = JSON.parse(data);
				if (word.type !== 'format') return;
				buffer = source.addSourceBuffer(word.mime);
				buffer.addEventListener('updateend', append);
			} else {
				waiting.push(data);
				append();
			}
		};
		close = () => socket.close();
	}
	await Promise.race([watched, failed]);
	await close();
	video.remove();
	return { firstMs: first - started, shown };
}

const percentile = (numbers, share) => {
	const sorted = [...numbers].sort((a, b) => a - b);
	return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)];
};
const round = (number) => Math.round(number * 10) / 10;

const browser = await launch();
const results = [];
const note = (name, numbers) => {
	if (numbers.length === 0) throw new Error(`${name}: nothing was measured`);
	results.push({
		name,
		p50: round(percentile(numbers, 0.5)),
		p95: round(percentile(numbers, 0.95)),
		unit: 'ms',
		n: numbers.length
	});
};
try {
	const page = await ownersPage(browser);
	await page.goto('/policy');
	for (const path of ['webrtc', 'mse']) {
		// One that is not counted: the first of everything is slower.
		await page.evaluate(view, { path, camera, watchMs: 0 });
		const first = [];
		for (let n = 0; n < tries; n++) {
			// At another place in the GOP each time.
			await page.waitForTimeout(137 * (n % 15));
			first.push((await page.evaluate(view, { path, camera, watchMs: 0 })).firstMs);
		}
		note(`${path}: request to first frame`, first);

		const { shown } = await page.evaluate(view, { path, camera, watchMs: WATCH_MS });
		const sent = await (await fetch(process.env.E2E_SENT)).json();
		const latency = ({ at, index }) => {
			const times = sent.filter(([of, time]) => of % 4096 === index && time <= at).map(([, time]) => time);
			return times.length > 0 ? (at - Math.max(...times)) * 1000 : undefined;
		};
		const known = shown.map((frame) => ({ ...frame, ms: latency(frame) })).filter((frame) => frame.ms !== undefined);
		note(
			`${path}: camera's socket to frame callback`,
			known.filter((frame) => frame.sinceFirst > 1000).map((frame) => frame.ms)
		);
		if (path === 'webrtc') {
			const late = known.filter((frame) => frame.ms >= 100);
			note('webrtc: first frame to the last one later than 100 ms', [
				Math.max(0, ...late.map((frame) => frame.sinceFirst))
			]);
		}
	}
} finally {
	await browser.close();
}
console.table(Object.fromEntries(results.map(({ name, ...figures }) => [name, figures])));
const json = JSON.stringify(results, null, '\t');
if (process.env.BENCH_JSON) writeFileSync(process.env.BENCH_JSON, `${json}\n`);
else console.log(json);
