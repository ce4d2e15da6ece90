import { describe, expect, it, vi } from 'vitest';
import { withConsent } from './consent';
import { Problem } from './problem';

const needs = (purpose: string) => new Problem('consent.needed', { status: 403, purpose });

/** An act that needs these consents, one after the other. */
function actNeeding(...purposes: string[]) {
	const given = new Set<string>();
	const act = vi.fn(async () => {
		const missing = purposes.find((purpose) => !given.has(purpose));
		if (missing) throw needs(missing);
		return 'done';
	});
	const give = vi.fn(async (purpose: string) => {
		given.add(purpose);
		return true;
	});
	return { act, give };
}

describe('withConsent', () => {
	it('asks nothing where nothing is needed', async () => {
		const { act, give } = actNeeding();
		expect(await withConsent(act, give)).toEqual({ done: true, value: 'done' });
		expect(give).not.toHaveBeenCalled();
	});

	it('asks for the purpose that the server names, then tries again', async () => {
		const { act, give } = actNeeding('video.sound');
		expect(await withConsent(act, give)).toEqual({ done: true, value: 'done' });
		expect(give.mock.calls).toEqual([['video.sound']]);
		expect(act).toHaveBeenCalledTimes(2);
	});

	it('asks for each of several, one at a time', async () => {
		const { act, give } = actNeeding('video.sound', 'notice.mail');
		await withConsent(act, give);
		expect(give.mock.calls).toEqual([['video.sound'], ['notice.mail']]);
	});

	it('does nothing more after "not now"', async () => {
		const { act } = actNeeding('video.sound');
		expect(await withConsent(act, async () => false)).toEqual({ done: false });
		expect(act).toHaveBeenCalledOnce();
	});

	it('does not ask again for what was just given', async () => {
		const act = vi.fn(async () => Promise.reject(needs('video.sound')));
		const ask = vi.fn(async () => true);
		await expect(withConsent(act, ask)).rejects.toMatchObject({ code: 'consent.needed' });
		expect(ask).toHaveBeenCalledOnce();
	});

	it('ends when a server goes on asking', async () => {
		let n = 0;
		const ask = vi.fn(async () => true);
		await expect(withConsent(async () => Promise.reject(needs(`purpose.${n++}`)), ask)).rejects.toBeInstanceOf(Problem);
		expect(ask.mock.calls.length).toBeLessThan(10);
	});

	it('passes every other problem on', async () => {
		const ask = vi.fn(async () => true);
		const other = async () => Promise.reject(new Problem('role.too_low', { status: 403 }));
		await expect(withConsent(other, ask)).rejects.toMatchObject({ code: 'role.too_low' });
		const unnamed = async () => Promise.reject(new Problem('consent.needed', { status: 403 }));
		await expect(withConsent(unnamed, ask)).rejects.toMatchObject({ code: 'consent.needed' });
		expect(ask).not.toHaveBeenCalled();
	});
});
