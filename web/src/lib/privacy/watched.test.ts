import { describe, expect, it } from 'vitest';
import type { Access } from '$lib/api/privacy';
import { byDay, fold, lengthOf, phraseOf } from './watched';

const NOON = Date.parse('2026-11-23T12:00:00Z');
const MUM = { subject_id: 'mum', email: 'mum@example.com', you: false };
const ME = { subject_id: 'me', email: 'me@example.com', you: true };
/** From and to in seconds after noon; no end means that it goes on. */
const access = (from: number, to: number | undefined, rest: Partial<Access> = {}): Access => ({
	at: new Date(NOON + from * 1000).toISOString(),
	...(to === undefined ? {} : { until: new Date(NOON + to * 1000).toISOString() }),
	who: MUM,
	camera_id: 'door',
	camera_name: 'Front door',
	how: 'live',
	...rest
});
const folded = (accesses: Access[], now = 100_000) =>
	fold(accesses, NOON + now * 1000).map(({ who, camera, how, seconds, times, now }) => ({
		who: who.subject_id,
		camera,
		how,
		seconds,
		times,
		now
	}));
const one = { who: 'mum', camera: 'door', how: 'live', now: false };

describe('fold', () => {
	it('makes one sentence of a viewing that broke off and went on', () => {
		expect(folded([access(130, 200), access(0, 60), access(70, 120)])).toEqual([{ ...one, seconds: 180, times: 3 }]);
	});

	it('counts what overlaps once', () => {
		expect(folded([access(0, 100), access(50, 150), access(60, 70)])).toEqual([{ ...one, seconds: 150, times: 3 }]);
	});

	it('keeps apart what lies two minutes apart', () => {
		expect(folded([access(0, 60), access(180, 240)])).toEqual([
			{ ...one, seconds: 60, times: 1 },
			{ ...one, seconds: 60, times: 1 }
		]);
		expect(folded([access(0, 60), access(179, 240)])).toHaveLength(1);
	});

	it('keeps people, cameras and ways apart', () => {
		const all = [
			access(0, 60),
			access(0, 60, { who: ME }),
			access(0, 60, { camera_id: 'yard' }),
			access(0, 60, { how: 'playback' })
		];
		expect(folded(all)).toHaveLength(4);
	});

	it('comes latest first, in whatever order it was read', () => {
		const all = [access(0, 60, { who: ME }), access(5000, 5060), access(2000, 2060)];
		expect(fold(all, NOON).map(({ from }) => (from - NOON) / 1000)).toEqual([5000, 2000, 0]);
		expect(fold([...all].reverse(), NOON).map(({ from }) => (from - NOON) / 1000)).toEqual([5000, 2000, 0]);
	});

	it('goes on until now where there is no end', () => {
		expect(folded([access(0, undefined)], 90)).toEqual([{ ...one, seconds: 90, times: 1, now: true }]);
	});

	it('takes an end before its beginning for no time at all', () => {
		expect(folded([access(10, 0)])).toEqual([{ ...one, seconds: 0, times: 1 }]);
	});

	it('keeps the key of a viewing while it goes on and while older parts are added', () => {
		const running = (now: number) => fold([access(0, undefined)], NOON + now * 1000)[0]?.key;
		expect(running(10)).toBe(running(20));
		const late = access(100, 200);
		expect(fold([late], NOON)[0]?.key).toBe(fold([late, access(0, 90)], NOON)[0]?.key);
	});

	it('knows a camera by the name it has now', () => {
		const renamed = [access(0, 30, { camera_name: 'Old' }), access(40, 60, { camera_name: 'New' })];
		expect(fold(renamed, NOON)[0]?.cameraName).toBe('New');
	});
});

describe('the sentence', () => {
	it.each([
		['live', 1, false, 'live'],
		['live', 3, true, 'now'],
		['playback', 9, false, 'playback'],
		['download', 1, false, 'download'],
		['download', 2, false, 'downloads'],
		['snapshot', 1, false, 'snapshot'],
		['snapshot', 3, false, 'snapshots'],
		['hologram', 1, false, 'other']
	])('for %s, %d times', (how, times, now, phrase) => expect(phraseOf({ how, times, now })).toBe(phrase));

	it.each([
		['live', 185, 180],
		['live', 59.4, 59],
		['live', 0.3, undefined],
		['playback', 3599, 3600],
		['snapshot', 40, undefined],
		['download', 40, undefined]
	])('says how long %s for %d s was', (how, seconds, said) => expect(lengthOf({ how, seconds })).toBe(said));
});

describe('byDay', () => {
	it('groups by local day and keeps the order', () => {
		const at = (hour: number) => new Date(2026, 10, 23, hour).getTime();
		expect(byDay([at(23), at(1), at(-2)], (ms) => ms)).toEqual([
			{ day: at(0), items: [at(23), at(1)] },
			{ day: at(-24), items: [at(-2)] }
		]);
	});
});
