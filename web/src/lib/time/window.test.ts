import { describe, expect, it } from 'vitest';
import { fromInput, toInput } from './input';
import { boundsOf, clamp, dayOf, reveal, SPAN_MS_MIN, ticks, zoom } from './window';

const HOUR = 3600_000;
const at = (text: string) => new Date(text).getTime();
const DAY = dayOf(at('2026-11-23T12:00:00'));

describe('a day', () => {
	it('runs from midnight to midnight, local time', () => {
		expect(DAY).toEqual({ from: at('2026-11-23T00:00:00'), to: at('2026-11-24T00:00:00') });
	});
});

describe('bounds', () => {
	it('of a past day are that day', () => {
		expect(boundsOf(at('2026-11-22T08:00:00'), at('2026-11-23T12:00:00'))).toEqual(dayOf(at('2026-11-22T08:00:00')));
	});

	it('of today end soon after now', () => {
		const now = at('2026-11-23T12:34:00');
		expect(boundsOf(now, now)).toEqual({ from: DAY.from, to: at('2026-11-23T14:00:00') });
	});

	it('of today reach back past midnight in its first hours', () => {
		const now = at('2026-11-23T00:05:00');
		expect(boundsOf(now, now)).toEqual({ from: at('2026-11-22T21:00:00'), to: at('2026-11-23T02:00:00') });
	});
});

describe('zoom', () => {
	const window = { from: DAY.from + 8 * HOUR, to: DAY.from + 12 * HOUR };

	it('keeps the instant under the finger where it is', () => {
		const around = DAY.from + 9 * HOUR;
		const closer = zoom(window, 2, around, DAY);
		expect(closer.to - closer.from).toBe(2 * HOUR);
		expect((around - closer.from) / (closer.to - closer.from)).toBeCloseTo(0.25);
	});

	it('stops at a minute and at the whole day', () => {
		const inmost = zoom(window, 1e9, DAY.from + 9 * HOUR, DAY);
		expect(inmost.to - inmost.from).toBe(SPAN_MS_MIN);
		expect(zoom(window, 1e-9, DAY.from + 9 * HOUR, DAY)).toEqual(DAY);
	});
});

describe('clamp and reveal', () => {
	it('keep the window within the day and its length', () => {
		expect(clamp({ from: DAY.from - HOUR, to: DAY.from + HOUR }, DAY)).toEqual({
			from: DAY.from,
			to: DAY.from + 2 * HOUR
		});
	});

	it('leave a window that already shows the instant', () => {
		const window = { from: DAY.from, to: DAY.from + HOUR };
		expect(reveal(window, DAY.from + HOUR / 2, DAY)).toBe(window);
	});

	it('move the window just far enough for one that it does not', () => {
		const window = { from: DAY.from, to: DAY.from + HOUR };
		expect(reveal(window, DAY.from + HOUR, DAY)).toEqual({ from: DAY.from + HOUR / 10, to: DAY.from + 1.1 * HOUR });
	});
});

describe('ticks', () => {
	it('stand at round local times and not too close', () => {
		const { step, at: instants } = ticks(DAY, 1000, 80);
		expect(step).toBe(2 * HOUR);
		expect(instants).toHaveLength(13);
		expect(instants.every((tick) => new Date(tick).getMinutes() === 0)).toBe(true);
	});

	it('go down to seconds', () => {
		expect(ticks({ from: DAY.from, to: DAY.from + 60_000 }, 1000, 80).step).toBe(5000);
	});
});

describe('the text of a date and time field', () => {
	it('goes there and back to the second', () => {
		const instant = at('2026-03-05T07:08:09');
		expect(toInput(instant)).toBe('2026-03-05T07:08:09');
		expect(fromInput(toInput(instant))).toBe(instant);
	});

	it('is nothing when it is no time', () => {
		expect(fromInput('')).toBeUndefined();
	});
});
