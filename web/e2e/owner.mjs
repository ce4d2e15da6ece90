// For journeys that begin with an owner who exists already: `E2E_EMAIL`, `E2E_PASSWORD`.
import { openPage } from './browser.mjs';

export const BASE = (process.env.E2E_URL ?? '').replace(/\/$/, '');

/** A page of the owner's, signed in, in English. */
export async function ownersPage(browser) {
	const page = await openPage(browser, BASE, { language: 'en-US' });
	const answer = await page.request.post('/api/v1/session', {
		headers: { origin: BASE },
		data: { email: process.env.E2E_EMAIL, password: process.env.E2E_PASSWORD }
	});
	if (!answer.ok()) throw new Error(`sign-in: ${answer.status()} ${await answer.text()}`);
	return page;
}
