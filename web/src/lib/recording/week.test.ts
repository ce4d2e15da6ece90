import { describe, expect, it } from 'vitest';
import { modeAt, paint, runs } from './week';

const ALWAYS = 'c'.repeat(168);

describe('a week', () => {
	it('is painted as a rectangle, whichever corner came first', () => {
		const one = paint(ALWAYS, [0, 8], [4, 17], '-');
		expect(paint(ALWAYS, [4, 17], [0, 8], '-')).toBe(one);
		expect([...one].filter((letter) => letter === '-').length).toBe(5 * 10);
		expect([modeAt(one, 4, 17), modeAt(one, 4, 18), modeAt(one, 5, 8)]).toEqual(['-', 'c', 'c']);
		expect(one.length).toBe(168);
	});

	it('is told as runs that fill each day', () => {
		const week = paint(paint(ALWAYS, [6, 0], [6, 5], 'e'), [6, 6], [6, 6], '-');
		const sunday = runs(week).filter(({ day }) => day === 6);
		expect(sunday.map(({ from, to, mode }) => [from, to, mode])).toEqual([
			[0, 6, 'e'],
			[6, 7, '-'],
			[7, 24, 'c']
		]);
		expect(runs(ALWAYS).length).toBe(7);
	});
});
