import { describe, expect, it } from 'vitest';
import { pointIn } from './point';

const WIDE = { width: 1920, height: 1080 };

describe('a click into a picture', () => {
	it.each([
		['in the middle', { left: 480, top: 270 }, { width: 960, height: 540 }, { x: 0.5, y: 0.5 }],
		['at the upper right of a box that fits', { left: 960, top: 0 }, { width: 960, height: 540 }, { x: 1, y: 0 }],
		[
			'at the left of a picture with bars beside it',
			{ left: 100, top: 270 },
			{ width: 1160, height: 540 },
			{ x: 0, y: 0.5 }
		],
		['on the bar beside it', { left: 50, top: 270 }, { width: 1160, height: 540 }, undefined],
		['under a picture with bars above and below', { left: 480, top: 700 }, { width: 960, height: 740 }, undefined]
	])('%s', (_, at, box, expected) => {
		expect(pointIn(at, box, WIDE)).toEqual(expected);
	});

	it('before there is one is nowhere', () => {
		expect(pointIn({ left: 1, top: 1 }, { width: 9, height: 9 }, { width: 0, height: 0 })).toBeUndefined();
	});
});
