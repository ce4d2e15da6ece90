// What the journeys share: a browser, contexts with a language and a theme, and looks at what is on the screen.
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

export const DESKTOP = { width: 1280, height: 800 };
export const PHONE = { width: 390, height: 844 };

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const how = (switches) => ({
	executablePath: process.env.E2E_CHROMIUM ?? '/usr/bin/chromium',
	args: ['--no-sandbox', '--autoplay-policy=no-user-gesture-required', ...switches]
});

/** Chromium, with more command-line switches where a scenario needs them. */
export function launch(switches = []) {
	return chromium.launch(how(switches));
}

/** Chromium with the number of its process, for who wants to kill it. */
export async function launchApart() {
	const server = await chromium.launchServer(how([]));
	return { browser: await chromium.connect(server.wsEndpoint()), pid: server.process().pid };
}

/**
 * A page of its own, as one person would have it. `state` carries who is signed in. Errors that the page reports are
 * gathered in `page.errors`.
 */
export async function openPage(browser, base, { phone = false, dark = false, language = 'zh-CN', state, before } = {}) {
	const context = await browser.newContext({
		baseURL: base,
		viewport: phone ? PHONE : DESKTOP,
		deviceScaleFactor: phone ? 2 : 1,
		hasTouch: phone,
		isMobile: phone,
		colorScheme: dark ? 'dark' : 'light',
		locale: language,
		acceptDownloads: true,
		ignoreHTTPSErrors: true,
		...(state ? { storageState: state } : {})
	});
	// `axe` is put in by the browser's own debugger, past the page's content policy, as a person's extension would be.
	if (before) await context.addInitScript(before);
	const page = await context.newPage();
	page.errors = [];
	page.on('pageerror', (error) => page.errors.push(`error: ${error.message}`));
	page.on('console', (message) => {
		if (/Content Security Policy/i.test(message.text())) page.errors.push(message.text());
	});
	page.on('request', (request) => {
		const at = request.url();
		if (!at.startsWith(base) && !/^(blob|data):/.test(at)) page.errors.push(`asked somebody else: ${at}`);
	});
	return page;
}

/** What axe finds wrong with the page as it stands: all of it, as what is scrolled under a bar is not judged fairly. */
export async function violations(page) {
	const viewport = page.viewportSize();
	const height = await page.evaluate(() => document.documentElement.scrollHeight);
	if (height > viewport.height) await page.setViewportSize({ ...viewport, height });
	await page.evaluate(AXE);
	const results = await page.evaluate(() =>
		window.axe.run(document, {
			resultTypes: ['violations'],
			runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice']
		})
	);
	if (height > viewport.height) await page.setViewportSize(viewport);
	return results.violations.map(
		({ id, nodes }) => `${id}: ${nodes.map(({ target, failureSummary }) => `${target} ${failureSummary}`).join(' | ')}`
	);
}

/** Pictures shown by each video that matches, within `ms`, and whether what they show changes. */
export function watchVideos(page, selector, ms) {
	return page.evaluate(
		async ([selector, ms]) => {
			const look = (video) => {
				const canvas = document.createElement('canvas');
				canvas.width = 64;
				canvas.height = 36;
				const context = canvas.getContext('2d', { willReadFrequently: true });
				context.drawImage(video, 0, 0, 64, 36);
				return context.getImageData(0, 0, 64, 36).data;
			};
			return Promise.all(
				[...document.querySelectorAll(selector)].map(async (video) => {
					let frames = 0;
					let running = true;
					const count = () => {
						frames += 1;
						if (running) video.requestVideoFrameCallback(count);
					};
					video.requestVideoFrameCallback(count);
					const first = look(video);
					let changed = 0;
					for (let waited = 0; waited < ms; waited += 250) {
						await new Promise((resolve) => setTimeout(resolve, 250));
						const now = look(video);
						changed = Math.max(
							changed,
							now.reduce((sum, value, i) => sum + (Math.abs(value - first[i]) > 12 ? 1 : 0), 0)
						);
					}
					running = false;
					return { frames, changed, width: video.videoWidth, height: video.videoHeight };
				})
			);
		},
		[selector, ms]
	);
}

export async function screenshot(page, directory, name) {
	if (!directory) return;
	mkdirSync(directory, { recursive: true });
	await page.screenshot({ path: join(directory, `${name}.png`) });
}
