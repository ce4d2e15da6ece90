// Whether a case is what it was when the home signed it, and if not, where. The same as crates/store/src/case/verify.rs; both
// run on vector.zip.
import { base64, crc32, hex, sha256, utf8 } from './hash.js';
import { fingerprint, openNote, openReceipt, parseKey } from './log.js';
import { layout } from './zip.js';

export const FORMAT = 'atipcam-case/1';
const CHUNK = 4 * 1024 * 1024;
const TITLE = 'atipcam case v1\n';
/** Behind the header of the manifest, which is always the first entry. */
const MANIFEST_AT = 30 + 'manifest.json'.length;
const MANIFEST_BYTES_MAX = 64 * 1024 * 1024;
const FAULTS_MAX = 1000;

/**
 * Verifies a case. `source` has `size` and `read(from, to)`, which gives bytes, fewer where there are no more. `progress` is told of
 * the bytes that were looked at. Answers with `{ manifest, faults, breaks, unchained, heads, fingerprint }`; a fault has `kind`,
 * `from` and `to` (places in the zip), and `file`, `camera` and `time` where it has them.
 */
export async function verifyCase(source, progress = () => {}) {
	const report = { manifest: undefined, faults: [], breaks: [], unchained: 0, heads: 0, fingerprint: undefined };
	const fault = (kind, file, from, to, more = {}) => {
		if (report.faults.length < FAULTS_MAX) report.faults.push({ kind, file, from, to, ...more });
	};
	const text = await manifestText(source);
	const own = utf8(text).length;
	const end = MANIFEST_AT + own;
	let manifest;
	try {
		manifest = JSON.parse(text);
	} catch {
		manifest = undefined;
	}
	if (!text.endsWith('\n') || typeof manifest?.key !== 'string') {
		fault('unreadable', 'manifest.json', MANIFEST_AT, end);
		return report;
	}
	const { note, bytes: noteBytes, verdict, key } = await signature(source, text, manifest);
	if (verdict !== 'fits') {
		const at = end + 30 + 'manifest.sig'.length;
		if (verdict === 'manifest') fault('manifest', 'manifest.json', MANIFEST_AT, end);
		else fault('signature', 'manifest.sig', at, at + noteBytes);
		return report;
	}
	if (manifest.format !== FORMAT || manifest.chunk !== CHUNK || !manifest.files.every(isFormed)) {
		fault('format', 'manifest.json', MANIFEST_AT, end);
		return report;
	}
	const entries = [
		{ name: 'manifest.json', bytes: own, crc32: crc32(utf8(text)) },
		{ name: 'manifest.sig', bytes: noteBytes, crc32: crc32(utf8(note)) },
		...manifest.files.map(({ name, bytes, crc32 }) => ({ name, bytes, crc32: parseInt(crc32, 16) }))
	];
	const zip = layout(entries);
	report.fingerprint = await fingerprint(key);
	await structure(source, zip, fault);
	await files(source, zip, manifest, fault, progress);
	for (const camera of manifest.cameras) {
		chain(camera, report);
		await heads(camera, key, report, () => fault('head', 'manifest.json', MANIFEST_AT, end, { camera: camera.name }));
	}
	progress(source.size, source.size);
	report.manifest = manifest;
	return report;
}

/** As many hashes as chunks. */
function isFormed({ bytes, crc32, chunks, camera, times = [] }) {
	const count = Math.ceil(bytes / CHUNK);
	return (
		Number.isSafeInteger(bytes) &&
		/^[0-9a-f]{8}$/.test(crc32) &&
		chunks.length === count &&
		(camera === undefined || times.length === count)
	);
}

/** Up to the first line's end. */
async function manifestText(source) {
	const pieces = [];
	for (let at = MANIFEST_AT; at < MANIFEST_AT + MANIFEST_BYTES_MAX; at += 256 * 1024) {
		const piece = await source.read(at, at + 256 * 1024);
		const end = piece.indexOf(10);
		pieces.push(end < 0 ? piece : piece.slice(0, end + 1));
		if (end >= 0 || piece.length === 0) break;
	}
	try {
		return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await new Blob(pieces).arrayBuffer());
	} catch {
		return '';
	}
}

/** The signature, and whether it is one of this manifest; else which of the two was changed. */
async function signature(source, text, manifest) {
	const name = manifest.key.split('+')[0];
	const length = utf8(`${TITLE}${base64(new Uint8Array(32))}\n\n\u2014 ${name} ${base64(new Uint8Array(68))}\n`).length;
	const at = MANIFEST_AT + utf8(text).length + 30 + 'manifest.sig'.length;
	// With the key's file that follows: what it says helps to tell a changed manifest from a changed signature.
	const both = await source.read(at, at + length + 30 + 'key.txt'.length + 512);
	const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
	const note = decoder.decode(both.slice(0, length));
	// A changed manifest may have the length wrong: the next header says where the signature really ends.
	const next = both.findIndex((_, i) => hex(both.slice(i, i + 4)) === '504b0304');
	const real = next < 0 ? length : next;
	const beside = decoder.decode(both.slice(real + 30 + 'key.txt'.length)).split('\n')[0];
	const hash = base64(await sha256(utf8(text)));
	const keys = [await parseKey(manifest.key), await parseKey(beside)];
	const own = keys[0] && openNote(note, keys[0]);
	const other = keys[1] && openNote(decoder.decode(both.slice(0, real)), keys[1]);
	const bytes = Math.min(length, both.length);
	const answer = (verdict) => ({ note, bytes, verdict, key: keys[0] });
	if (own !== undefined) return answer(own === `${TITLE}${hash}\n` ? 'fits' : 'manifest');
	if (other !== undefined) return answer('manifest');
	const same = keys[0]?.text === keys[1]?.text;
	return answer(note.startsWith(`${TITLE}${hash}\n`) || same ? 'signature' : 'manifest');
}

/** The zip's own bytes are those of the one zip that the manifest allows. */
async function structure(source, zip, fault) {
	for (const { name, headerAt, header } of zip.parts)
		differs(header, await source.read(headerAt, headerAt + header.length), headerAt, (from, to) =>
			fault('header', name, from, to)
		);
	differs(zip.tail, await source.read(zip.tailAt, zip.length), zip.tailAt, (from, to) =>
		fault('directory', undefined, from, to)
	);
	if (source.size < zip.length) fault('short', undefined, source.size, zip.length);
	if (source.size > zip.length) fault('long', undefined, zip.length, source.size);
}

/** From the first byte that differs to behind the last. What is missing is not counted. */
function differs(expected, found, at, tell) {
	let [first, last] = [-1, -1];
	for (let i = 0; i < Math.min(expected.length, found.length); i++)
		if (expected[i] !== found[i]) {
			if (first < 0) first = i;
			last = i;
		}
	if (first >= 0) tell(at + first, at + last + 1);
}

async function files(source, zip, manifest, fault, progress) {
	const names = new Map(manifest.cameras.map(({ id, name }) => [id, name]));
	for (const [number, file] of manifest.files.entries()) {
		const { from, to } = zip.parts[number + 2];
		for (const [chunk, expected] of file.chunks.entries()) {
			const start = from + chunk * CHUNK;
			const end = Math.min(to, start + CHUNK);
			if (hex(await sha256(await source.read(start, end))) !== expected)
				fault('file', file.name, start, end, { camera: names.get(file.camera), time: file.times?.[chunk] });
			progress(Math.min(end, source.size), source.size);
		}
	}
}

/** Where a segment does not follow the one before it. */
function chain({ id, segments }, report) {
	let before;
	for (const link of segments) {
		if (link.tail === undefined && link.sha256 !== undefined) report.unchained += 1;
		else if (before !== undefined && link.previous !== before) report.breaks.push({ camera: id, time: link.start });
		before = link.id;
	}
}

/** What the log proves of a camera: the entry of the export binds all its segments, an earlier one a segment and its tag. */
async function heads({ id, segments, head, heads = [] }, key, report, wrong) {
	const lines = segments.map(
		({ id, previous = '-', tail = '-', sha256 = '-' }) => `${id} ${previous} ${tail} ${sha256}\n`
	);
	const bound = base64(await sha256(utf8(lines.join(''))));
	const proves = async (receipt, test) => {
		try {
			const found = await openReceipt(receipt, key);
			return found?.kind === 'footage.head' && found.payload.camera === id && test(found.payload);
		} catch {
			return false;
		}
	};
	const all = [
		...(head === undefined ? [] : [await proves(head, (payload) => payload.bound === bound)]),
		...(await Promise.all(
			heads.map((one) =>
				proves(one, ({ segment, tail }) => segments.some((link) => link.id === segment && (link.tail ?? null) === tail))
			)
		))
	];
	report.heads += all.filter(Boolean).length;
	if (!all.every(Boolean)) wrong();
}
