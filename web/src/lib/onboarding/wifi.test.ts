import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { base64url, utf8 } from './fields';
import { network, writeWifi } from './uri';
import { drawPlain, LensSetUp, type Waiting } from './wifi';

const PASSWORD = 'p&ss "wörd" 密码';
const NAME = 'Sunflower 7';
const home = network(utf8(NAME), { kind: 'wpa', password: PASSWORD }, false);
const invited = {
	id: 'a b',
	server: 'https://192.168.1.20:8443',
	certificate: base64url(new Uint8Array(32).fill(7)),
	claim: base64url(new Uint8Array(16).fill(9)),
	expires: '2026-01-01T00:15:00Z'
};

let asked: { url: string; init: RequestInit }[];
let states: object[];

beforeEach(() => {
	vi.useFakeTimers();
	asked = [];
	states = [];
	vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
		asked.push({ url, init });
		if (init.method === 'POST') return Response.json(invited, { status: 201 });
		if (init.method === 'DELETE') return new Response(null, { status: 204 });
		return Response.json(states.shift() ?? { state: 'waiting' });
	});
});
afterEach(() => {
	vi.useRealTimers();
	vi.unstubAllGlobals();
});

describe('a set-up through the lens', () => {
	it('asks every 2 seconds until the camera has called', async () => {
		const told: Waiting[] = [];
		states = [{ state: 'waiting' }, { state: 'waiting' }, { state: 'claimed', camera_id: 'c1' }];
		const shown = await new LensSetUp(home, (state) => told.push(state)).begin();
		expect(shown.expires).toBe(Date.parse(invited.expires));
		await vi.advanceTimersByTimeAsync(5999);
		expect(told).toEqual([]);
		await vi.advanceTimersByTimeAsync(1);
		expect(told).toEqual([{ camera: 'c1' }]);
		await vi.advanceTimersByTimeAsync(60_000);
		expect(asked.map(({ url }) => url)).toEqual([
			'/api/v1/cameras/invitations',
			...Array(3).fill('/api/v1/cameras/invitations/a%20b')
		]);
	});

	it('says when the code has expired, and asks no more', async () => {
		const told: Waiting[] = [];
		states = [{ state: 'expired' }];
		await new LensSetUp(home, (state) => told.push(state)).begin();
		await vi.advanceTimersByTimeAsync(20_000);
		expect(told).toEqual(['expired']);
		expect(asked).toHaveLength(2);
	});

	it('takes the invitation back when told to, and leaves it when the page is left', async () => {
		const left = new LensSetUp(home, () => {});
		await left.begin();
		left.close();
		await vi.advanceTimersByTimeAsync(20_000);
		expect(asked).toHaveLength(1);
		const back = new LensSetUp(home, () => {});
		await back.begin();
		back.withdraw();
		expect(asked.at(-1)?.init.method).toBe('DELETE');
	});

	it('sends neither the name nor the password of the network anywhere, in no spelling', async () => {
		states = [{ state: 'waiting' }, { state: 'expired' }];
		const setUp = new LensSetUp(home, () => {});
		await setUp.begin();
		await vi.advanceTimersByTimeAsync(10_000);
		setUp.withdraw();
		drawPlain(home);
		const sent = asked.map(({ url, init }) => JSON.stringify([url, init])).join('\n');
		expect(asked.map(({ init }) => init.body).filter((body) => body !== undefined)).toEqual(['{}']);
		for (const secret of [PASSWORD, NAME]) {
			const spellings = [
				secret,
				encodeURIComponent(secret),
				JSON.stringify(secret).slice(1, -1),
				base64url(utf8(secret)),
				btoa(String.fromCharCode(...utf8(secret)))
			];
			for (const spelling of spellings) expect(sent).not.toContain(spelling);
		}
		expect(writeWifi({ network: home })).toContain(NAME);
	});
});
