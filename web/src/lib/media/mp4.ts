/** Just enough of ISO 14496-12 to name the codecs of an initialisation segment. */

interface Box {
	type: string;
	/** Payload, without the box header. */
	from: number;
	to: number;
}

function* boxes(view: DataView, from: number, to: number): Generator<Box> {
	let at = from;
	while (at + 8 <= to) {
		let size = view.getUint32(at);
		let header = 8;
		if (size === 1 && at + 16 <= to) {
			size = Number(view.getBigUint64(at + 8));
			header = 16;
		} else if (size === 0) {
			size = to - at;
		}
		if (size < header || at + size > to) return;
		const type = String.fromCharCode(...new Uint8Array(view.buffer, view.byteOffset + at + 4, 4));
		yield { type, from: at + header, to: at + size };
		at += size;
	}
}

function find(view: DataView, box: Box, path: string[]): Box | undefined {
	let here: Box | undefined = box;
	for (const type of path) {
		if (!here) return undefined;
		here = [...boxes(view, here.from, here.to)].find((child) => child.type === type);
	}
	return here;
}

const hex = (value: number) => value.toString(16).padStart(2, '0');

/** The `codecs` parameter (RFC 6381) of every track, in order. Unknown sample entries give their own four letters. */
export function codecsOf(init: Uint8Array): string[] {
	const view = new DataView(init.buffer, init.byteOffset, init.byteLength);
	const moov = find(view, { type: '', from: 0, to: init.byteLength }, ['moov']);
	if (!moov) return [];
	const codecs: string[] = [];
	for (const track of boxes(view, moov.from, moov.to)) {
		if (track.type !== 'trak') continue;
		const stsd = find(view, track, ['mdia', 'minf', 'stbl', 'stsd']);
		if (!stsd) continue;
		const [entry] = boxes(view, stsd.from + 8, stsd.to);
		if (entry) codecs.push(codecOf(view, entry));
	}
	return codecs;
}

const VISUAL_ENTRY = 78;
const AUDIO_ENTRY = 28;

function codecOf(view: DataView, entry: Box): string {
	if (entry.type === 'avc1' || entry.type === 'avc3') {
		const avcc = find(view, { ...entry, from: entry.from + VISUAL_ENTRY }, ['avcC']);
		if (!avcc || avcc.from + 4 > avcc.to) return entry.type;
		const [profile, compatible, level] = [1, 2, 3].map((offset) => view.getUint8(avcc.from + offset)) as [
			number,
			number,
			number
		];
		return `${entry.type}.${hex(profile)}${hex(compatible)}${hex(level)}`;
	}
	if (entry.type === 'hvc1' || entry.type === 'hev1') {
		const hvcc = find(view, { ...entry, from: entry.from + VISUAL_ENTRY }, ['hvcC']);
		return hvcc && hvcc.from + 13 <= hvcc.to ? `${entry.type}.${hevc(view, hvcc.from)}` : entry.type;
	}
	if (entry.type === 'mp4a') {
		const esds = find(view, { ...entry, from: entry.from + AUDIO_ENTRY }, ['esds']);
		return `mp4a.40.${(esds && objectType(view, esds)) ?? 2}`;
	}
	return entry.type;
}

/** ISO 14496-15, E.3: profile space and number, compatibility flags reversed, tier and level, constraint bytes. */
function hevc(view: DataView, at: number): string {
	const first = view.getUint8(at + 1);
	const space = ['', 'A', 'B', 'C'][first >> 6] ?? '';
	let flags = view.getUint32(at + 2);
	let reversed = 0;
	for (let bit = 0; bit < 32; bit++) {
		reversed = ((reversed << 1) | (flags & 1)) >>> 0;
		flags >>>= 1;
	}
	const constraints = [6, 7, 8, 9, 10, 11].map((offset) => view.getUint8(at + offset));
	while (constraints.length > 0 && constraints.at(-1) === 0) constraints.pop();
	const tier = first & 0x20 ? 'H' : 'L';
	const parts = [`${space}${first & 0x1f}`, reversed.toString(16), `${tier}${view.getUint8(at + 12)}`];
	return [...parts, ...constraints.map((value) => value.toString(16))].join('.');
}

/** The audio object type in an `esds` box: five bits after the DecoderSpecificInfo tag (ISO 14496-1, 7.2.6.7). */
function objectType(view: DataView, esds: Box): number | undefined {
	const SPECIFIC = 5;
	let at = esds.from + 4;
	/** Bytes of a descriptor's own fields, after which its children follow. */
	const own: Record<number, number> = { 3: 3, 4: 13 };
	while (at + 2 <= esds.to) {
		const tag = view.getUint8(at++);
		while (at < esds.to && view.getUint8(at) & 0x80) at++;
		at++;
		if (tag === SPECIFIC) return at < esds.to ? view.getUint8(at) >> 3 : undefined;
		at += own[tag] ?? esds.to;
	}
	return undefined;
}
