// The one zip of a list of entries: stored, in order, nothing between. See docs/case-format.md.
import { joined, utf8 } from './hash.js';

const WIDE = 0xffffffff;

/** Little-endian numbers: pairs of width in bytes and value. */
function numbers(...pairs) {
	const out = new Uint8Array(pairs.reduce((sum, [width]) => sum + width, 0));
	const view = new DataView(out.buffer);
	let at = 0;
	for (const [width, value] of pairs) {
		if (width === 2) view.setUint16(at, value, true);
		else if (width === 4) view.setUint32(at, value, true);
		else view.setBigUint64(at, BigInt(value), true);
		at += width;
	}
	return out;
}

const extra = (wide) =>
	wide.length === 0 ? new Uint8Array() : numbers([2, 1], [2, 8 * wide.length], ...wide.map((value) => [8, value]));

/** What header and directory say alike. */
function common({ bytes, crc32 }, name, version) {
	const size = Math.min(bytes, WIDE);
	return numbers(
		[2, version],
		[2, 0x800],
		[2, 0],
		[2, 0],
		[2, 0x21],
		[4, crc32],
		[4, size],
		[4, size],
		[2, name.length]
	);
}

function header(entry) {
	const name = utf8(entry.name);
	const wide = entry.bytes >= WIDE ? [entry.bytes, entry.bytes] : [];
	const more = extra(wide);
	const start = joined(numbers([4, 0x04034b50]), common(entry, name, wide.length ? 45 : 20));
	return joined(start, numbers([2, more.length]), name, more);
}

function record(entry, at) {
	const name = utf8(entry.name);
	const wide = [...(entry.bytes >= WIDE ? [entry.bytes, entry.bytes] : []), ...(at >= WIDE ? [at] : [])];
	const more = extra(wide);
	const version = wide.length ? 45 : 20;
	const start = joined(numbers([4, 0x02014b50], [2, version]), common(entry, name, version));
	const end = numbers([2, more.length], [4, 0], [4, 0], [2, 0], [4, Math.min(at, WIDE)]);
	return joined(start, end, name, more);
}

/** Where everything lies: `parts` with header and content of each entry, then the tail. */
export function layout(entries) {
	let at = 0;
	const parts = entries.map((entry) => {
		const bytes = header(entry);
		const part = {
			name: entry.name,
			headerAt: at,
			header: bytes,
			from: at + bytes.length,
			to: at + bytes.length + entry.bytes
		};
		at = part.to;
		return part;
	});
	const directory = joined(...entries.map((entry, i) => record(entry, parts[i].headerAt)));
	const [count, length] = [entries.length, directory.length];
	const wide = count >= 0xffff || length >= WIDE || at >= WIDE;
	const far = wide
		? numbers(
				[4, 0x06064b50],
				[8, 44],
				[2, 45],
				[2, 45],
				[8, 0],
				[8, count],
				[8, count],
				[8, length],
				[8, at],
				[4, 0x07064b50],
				[4, 0],
				[8, at + length],
				[4, 1]
			)
		: new Uint8Array();
	const short = Math.min(count, 0xffff);
	const end = numbers(
		[4, 0x06054b50],
		[4, 0],
		[2, short],
		[2, short],
		[4, Math.min(length, WIDE)],
		[4, Math.min(at, WIDE)],
		[2, 0]
	);
	const tail = joined(directory, far, end);
	return { parts, tailAt: at, tail, length: at + tail.length };
}
