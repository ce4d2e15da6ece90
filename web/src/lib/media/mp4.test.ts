import { describe, expect, it } from 'vitest';
import { codecsOf } from './mp4';

type Bytes = number[];
const text = (value: string): Bytes => [...value].map((c) => c.charCodeAt(0));
const u32 = (value: number): Bytes => [(value >>> 24) & 255, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
const box = (type: string, ...content: Bytes[]): Bytes => {
	const body = content.flat();
	return [...u32(body.length + 8), ...text(type), ...body];
};
const zeros = (count: number): Bytes => Array<number>(count).fill(0);
const track = (entry: Bytes) =>
	box('trak', box('mdia', box('minf', box('stbl', box('stsd', zeros(4), u32(1), entry)))));
const init = (...tracks: Bytes[]) =>
	new Uint8Array([...box('ftyp', text('iso6')), ...box('moov', box('mvhd', zeros(100)), ...tracks)]);

const avc = box('avc1', zeros(78), box('avcC', [1, 0x4d, 0x40, 0x1f, 0xff]));
const aac = box(
	'mp4a',
	zeros(28),
	box('esds', zeros(4), [3, 0x19, 0, 0, 0], [4, 0x11, 0x40, ...zeros(12)], [5, 0x02, 0x14, 0x08])
);

describe('codecsOf', () => {
	it('names H.264 with profile, constraints and level', () => {
		expect(codecsOf(init(track(avc)))).toEqual(['avc1.4d401f']);
	});

	it('names AAC by its object type, and every track in order', () => {
		expect(codecsOf(init(track(avc), track(aac)))).toEqual(['avc1.4d401f', 'mp4a.40.2']);
	});

	it('names H.265 as ISO 14496-15 writes it', () => {
		const hvcc = [1, 0x01, 0x60, 0, 0, 0, 0xb0, 0, 0, 0, 0, 0, 120];
		expect(codecsOf(init(track(box('hvc1', zeros(78), box('hvcC', hvcc)))))).toEqual(['hvc1.1.6.L120.b0']);
	});

	it('gives four letters for what it does not know', () => {
		expect(codecsOf(init(track(box('xxxx', zeros(40)))))).toEqual(['xxxx']);
	});

	it('takes nothing from cut or broken bytes, and never throws', () => {
		const whole = init(track(avc), track(aac));
		for (let length = 0; length < whole.length; length++) expect(() => codecsOf(whole.slice(0, length))).not.toThrow();
		for (let at = 0; at < whole.length; at++) {
			const broken = whole.slice();
			broken[at] = 255;
			expect(() => codecsOf(broken)).not.toThrow();
		}
	});
});
