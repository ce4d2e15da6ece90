import { describe, expect, it } from 'vitest';
import { type Coverage, fetchedAt, nextRecorded, recordedSeconds, stateAt } from './coverage';
import { merged } from './draw';

/** Recorded 0-10 s, the last two of them fetched, and 20-30 s (still growing), offline in between; asked at 30 s. */
const COVERAGE: Coverage = {
	window: { from: 0, to: 100_000 },
	spans: [
		{ from: 0, to: 10_000 },
		{ from: 20_000, to: 30_000 }
	],
	gaps: [{ from: 10_000, to: 20_000, cause: 'offline' }],
	fetched: [{ from: 8000, to: 10_000 }],
	open: true,
	asked: 30_000
};

describe('coverage', () => {
	it('says what there is of an instant', () => {
		const now = 35_000;
		expect(stateAt(COVERAGE, 5000, now)).toBe('recorded');
		expect(stateAt(COVERAGE, 15_000, now)).toBe('offline');
		expect(stateAt(COVERAGE, 40_000, now)).toBe('future');
	});

	it('knows what came from the camera afterwards', () => {
		expect([7000, 8000, 9999, 10_000].map((at) => fetchedAt(COVERAGE, at))).toEqual([false, true, true, false]);
	});

	it('grows with the clock while the newest span is open, and only then', () => {
		expect(stateAt(COVERAGE, 33_000, 35_000)).toBe('recorded');
		expect(stateAt({ ...COVERAGE, open: false }, 33_000, 35_000)).toBe('unknown');
	});

	it('finds the next recording after a gap, and none after the last', () => {
		expect(nextRecorded(COVERAGE, 5000, 35_000)).toBe(5000);
		expect(nextRecorded(COVERAGE, 12_000, 35_000)).toBe(20_000);
		expect(nextRecorded({ ...COVERAGE, open: false }, 31_000, 35_000)).toBeUndefined();
	});

	it('counts recorded seconds of a range', () => {
		expect(recordedSeconds(COVERAGE, { from: 5000, to: 25_000 }, 35_000)).toBe(10);
	});
});

describe('merged', () => {
	it('joins spans that touch on the screen and leaves out what is off it', () => {
		const window = { from: 0, to: 1000 };
		const spans = [
			{ from: -50, to: -10 },
			{ from: 0, to: 100 },
			{ from: 105, to: 200 },
			{ from: 500, to: 600 }
		];
		expect(merged(spans, window, 100)).toEqual([
			[0, 20],
			[50, 60]
		]);
	});

	it('draws a day of ten thousand spans with no more pieces than there are pixels', () => {
		const spans = Array.from({ length: 10_000 }, (_, i) => ({ from: i * 10, to: i * 10 + 9 }));
		expect(merged(spans, { from: 0, to: 100_000 }, 1000).length).toBeLessThanOrEqual(1000);
	});
});
