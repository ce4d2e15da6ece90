// What the home signed: notes (C2SP signed-note) and receipts of its log (RFC 6962, RFC 9162 section 2.1.3.2).
import { signed } from './ed25519.js';
import { base64, hex, joined, sha256, unbase64, utf8 } from './hash.js';

const MARK = '\u2014 ';

/** A verifier key `name+hash+key`, or nothing where the text is none. */
export async function parseKey(text) {
	const [name, id, ...rest] = text.split('+');
	const bytes = unbase64(rest.join('+'));
	if (!name || /\s/.test(name) || !bytes || bytes.length !== 33 || bytes[0] !== 1) return undefined;
	const short = (await sha256(joined(utf8(name), utf8('\n'), bytes))).slice(0, 4);
	if (hex(short) !== id) return undefined;
	return { name, id: short, key: bytes.slice(1), text };
}

/** What people compare: the first half of the key's SHA-256, in groups of four. */
export async function fingerprint(key) {
	return hex((await sha256(key.key)).slice(0, 16)).replace(/(....)(?=.)/g, '$1 ');
}

/** The text of a note with one signature, which is by this key; else nothing. */
export function openNote(note, key) {
	const blank = note.lastIndexOf('\n\n');
	if (blank < 0) return undefined;
	const text = note.slice(0, blank + 1);
	const line = note.slice(blank + 2);
	const start = `${MARK}${key.name} `;
	if (!line.startsWith(start) || !line.endsWith('\n')) return undefined;
	const bytes = unbase64(line.slice(start.length, -1));
	if (!bytes || bytes.length !== 68 || !key.id.every((byte, i) => byte === bytes[i])) return undefined;
	return signed(key.key, utf8(text), bytes.slice(4)) ? text : undefined;
}

async function included(leaf, index, size, proof, root) {
	if (index >= size) return false;
	let [node, last, hash] = [index, size - 1n, leaf];
	const inner = (left, right) => sha256(joined(Uint8Array.of(1), left, right));
	for (const sibling of proof) {
		if (last === 0n) return false;
		if (node & 1n || node === last) {
			hash = await inner(sibling, hash);
			while (!(node & 1n) && node !== 0n) {
				node >>= 1n;
				last >>= 1n;
			}
		} else {
			hash = await inner(hash, sibling);
		}
		node >>= 1n;
		last >>= 1n;
	}
	return last === 0n && base64(hash) === root;
}

/** What a receipt of the log with this key proves: kind and payload; nothing where it proves nothing. */
export async function openReceipt(text, key) {
	const parts =
		/^atipcam receipt v1\n[^]*?\n\npayload (.*)\nsalt (.*)\nentry (.*)\nkey (.*)\n\nc2sp\.org\/tlog-proof@v1\nindex (\d+)\n((?:[\w+/=]+\n)*)\n([^]*)$/.exec(
			text
		);
	if (!parts || parts[4] !== key.text) return undefined;
	const [, payload, salt, entry, , index, proof, checkpoint] = parts;
	const leaf = JSON.parse(entry);
	const salted = unbase64(salt);
	if (leaf.v !== 1 || !salted) return undefined;
	if (base64(await sha256(joined(salted, utf8(payload)))) !== leaf.commitment) return undefined;
	const head = openNote(checkpoint, key)?.split('\n');
	if (!head || head.length !== 4 || head[0] !== key.name || !/^\d+$/.test(head[1])) return undefined;
	const hashes = proof.split('\n').filter(Boolean).map(unbase64);
	if (hashes.length > 64 || hashes.some((hash) => hash?.length !== 32)) return undefined;
	const own = await sha256(joined(Uint8Array.of(0), utf8(entry)));
	if (!(await included(own, BigInt(index), BigInt(head[1]), hashes, head[2]))) return undefined;
	return { kind: leaf.kind, at: leaf.at, payload: JSON.parse(payload) };
}
