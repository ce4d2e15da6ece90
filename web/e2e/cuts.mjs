// A browser that watches by WebRTC and ends its own right to: by signing out, or by removing the camera.
//
//   E2E_CUT  {"camera": id, "cause": "SessionEnded" | "CameraRemoved"}
import { launch } from './browser.mjs';
import { BASE, ownersPage } from './owner.mjs';

const { camera, cause } = JSON.parse(process.env.E2E_CUT);

/** In the page: when the last picture came, in milliseconds after the right ended. */
async function cut({ camera, path }) {
	const video = document.createElement('video');
	video.muted = true;
	document.body.append(video);
	const connection = new RTCPeerConnection();
	connection.addTransceiver('video', { direction: 'recvonly' });
	connection.ontrack = ({ track }) => {
		video.srcObject = new MediaStream([track]);
		void video.play();
	};
	await connection.setLocalDescription(await connection.createOffer());
	const answer = await fetch(`${camera}/whep`, {
		method: 'POST',
		headers: { 'content-type': 'application/sdp' },
		body: connection.localDescription.sdp
	});
	if (!answer.ok) throw new Error(`whep: ${answer.status} ${await answer.text()}`);
	await connection.setRemoteDescription({ type: 'answer', sdp: await answer.text() });

	let pictures = 0;
	let last = 0;
	const count = () => {
		pictures += 1;
		last = performance.now();
		video.requestVideoFrameCallback(count);
	};
	video.requestVideoFrameCallback(count);
	const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
	for (let waited = 0; pictures < 25; waited += 50) {
		if (waited > 15_000) throw new Error(`only ${pictures} pictures in 15 s`);
		await sleep(50);
	}
	const ended = await fetch(path, { method: 'DELETE' });
	if (!ended.ok) throw new Error(`${path}: ${ended.status}`);
	const at = performance.now();
	await sleep(3000);
	return { pictures, ms: last - at };
}

const browser = await launch();
try {
	const page = await ownersPage(browser);
	await page.goto('/policy');
	const url = `${BASE}/api/v1/cameras/${camera}`;
	const path = cause === 'SessionEnded' ? `${BASE}/api/v1/session` : `${url}?footage=erase`;
	const { pictures, ms } = await page.evaluate(cut, { camera: url, path });
	if (ms > 1000) throw new Error(`WebRTC: pictures came for ${ms} ms more`);
	console.log(`${cause}: WebRTC showed ${pictures} pictures, the last ${Math.round(ms)} ms after the right ended`);
} finally {
	await browser.close();
}
