import { describe, expect, it } from 'vitest';
import { warningsOf } from './judge';

const stream = (codec: 'h264' | 'h265', gop_s?: number) => ({ codec, ...(gop_s === undefined ? {} : { gop_s }) });

describe('the warnings before streams are used', () => {
	it('name key frames more than 4 seconds apart, in either stream', () => {
		expect(warningsOf(stream('h264', 4), stream('h264', 2), [], false)).toEqual([]);
		expect(warningsOf(stream('h264', 4.1), undefined, [], false)).toEqual(['gop_long']);
		expect(warningsOf(stream('h264'), stream('h264', 10), [], false)).toEqual(['gop_long']);
		expect(warningsOf({ ...stream('h264'), long_gop: true }, undefined, ['gop_long'], false)).toEqual(['gop_long']);
	});

	it('name H.265 by what this browser can do with it', () => {
		expect(warningsOf(stream('h265'), undefined, ['h265'], false)).toEqual(['h265']);
		expect(warningsOf(stream('h265'), stream('h265'), ['h265'], false)).toEqual(['h265']);
		expect(warningsOf(stream('h265'), stream('h264'), ['h265'], false)).toEqual(['h265_main']);
		expect(warningsOf(stream('h265'), stream('h264'), ['h265'], true)).toEqual(['h265_here']);
	});

	it('keep what the server told besides', () => {
		expect(warningsOf(stream('h264'), undefined, ['no_sub', 'clock_off'], true)).toEqual(['no_sub', 'clock_off']);
	});
});
