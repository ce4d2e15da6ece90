// Debian's Chromium as these scripts want it: no downloads, no talk with anybody but the server under test.
import { chromium } from 'playwright-core';

/** Where the server under test is. */
export const base = process.env.E2E_URL;

/** Chromium, with more command-line switches where a scenario needs them. */
export const launch = (switches = []) =>
	chromium.launch({
		executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
		args: [
			'--no-sandbox',
			'--disable-background-networking',
			'--disable-component-update',
			'--disable-sync',
			'--autoplay-policy=no-user-gesture-required',
			...switches
		]
	});

/** A new page of somebody who signed in as the owner. */
export async function signedIn(browser) {
	const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1280, height: 900 } });
	const answer = await context.request.post(`${base}/api/v1/session`, {
		headers: { origin: base },
		data: { email: process.env.E2E_EMAIL, password: process.env.E2E_PASSWORD }
	});
	if (!answer.ok()) throw new Error(`sign-in: ${answer.status()} ${await answer.text()}`);
	return context.newPage();
}

/** Waits until a video shows pictures that differ from one another, and returns what it is. */
export async function moving(video) {
	await video.waitFor({ state: 'attached', timeout: 30_000 });
	return video.evaluate(async (element) => {
		const canvas = new OffscreenCanvas(64, 36);
		const context = canvas.getContext('2d', { willReadFrequently: true });
		const looks = new Set();
		const deadline = performance.now() + 30_000;
		while (looks.size < 10) {
			const left = deadline - performance.now();
			const shown = await Promise.race([
				new Promise((resolve) => element.requestVideoFrameCallback(() => resolve(true))),
				new Promise((resolve) => setTimeout(() => resolve(false), Math.max(left, 0)))
			]);
			if (!shown) throw new Error(`after ${looks.size} different pictures nothing moves`);
			context.drawImage(element, 0, 0, 64, 36);
			looks.add(context.getImageData(0, 0, 64, 36).data.join());
		}
		return {
			width: element.videoWidth,
			height: element.videoHeight,
			soundBytes: element.webkitAudioDecodedByteCount
		};
	});
}
