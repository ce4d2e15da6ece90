// SHA-256 and SHA-512 (FIPS 180-4), CRC-32, and the spellings of bytes. The browser's own SHA-256 is used where there is one;
// pages that came by plain http from another machine have none.

const K = constants(80);

/** The first 64 bits of the fractional parts of the cube roots of the first primes, as the standard has them. */
function constants(count) {
	const found = [];
	for (let n = 2n; found.length < count; n++) {
		let prime = true;
		for (let d = 2n; d * d <= n; d++) if (n % d === 0n) prime = false;
		if (prime) found.push(root(n << 192n, 3n) & 0xffffffffffffffffn);
	}
	return found;
}

/** The whole part of the root of a number, by Newton's method. */
function root(n, k) {
	let x = 1n << (BigInt(n.toString(2).length) / k + 1n);
	for (;;) {
		const next = ((k - 1n) * x + n / x ** (k - 1n)) / k;
		if (next >= x) return x;
		x = next;
	}
}

/** Fractional parts of the square roots of the first eight primes. */
const START = [2n, 3n, 5n, 7n, 11n, 13n, 17n, 19n].map((n) => root(n << 128n, 2n) & 0xffffffffffffffffn);

/** A message with its padding: a one, zeros, its length in bits in the last bytes. */
function padded(bytes, block) {
	const length = Math.ceil((bytes.length + 1 + block / 8) / block) * block;
	const out = new Uint8Array(length);
	out.set(bytes);
	out[bytes.length] = 0x80;
	new DataView(out.buffer).setBigUint64(length - 8, BigInt(bytes.length) * 8n);
	return out;
}

const K32 = Uint32Array.from(K.slice(0, 64), (k) => Number(k >> 32n));
const START32 = START.map((h) => Number(h >> 32n));

/** SHA-256 without the browser's. */
export function sha256Plain(bytes) {
	const data = padded(bytes, 64);
	const view = new DataView(data.buffer);
	const state = Uint32Array.from(START32);
	const w = new Uint32Array(64);
	for (let at = 0; at < data.length; at += 64) {
		for (let i = 0; i < 16; i++) w[i] = view.getUint32(at + 4 * i);
		for (let i = 16; i < 64; i++) {
			const a = w[i - 15];
			const b = w[i - 2];
			const s0 = ((a >>> 7) | (a << 25)) ^ ((a >>> 18) | (a << 14)) ^ (a >>> 3);
			const s1 = ((b >>> 17) | (b << 15)) ^ ((b >>> 19) | (b << 13)) ^ (b >>> 10);
			w[i] = (w[i - 16] + s0 + w[i - 7] + s1) | 0;
		}
		let [a, b, c, d, e, f, g, h] = state;
		for (let i = 0; i < 64; i++) {
			const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
			const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K32[i] + w[i]) | 0;
			const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
			const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
			h = g;
			g = f;
			f = e;
			e = (d + t1) | 0;
			d = c;
			c = b;
			b = a;
			a = (t1 + t2) | 0;
		}
		[a, b, c, d, e, f, g, h].forEach((word, i) => (state[i] += word));
	}
	const out = new Uint8Array(32);
	state.forEach((word, i) => new DataView(out.buffer).setUint32(4 * i, word));
	return out;
}

/** SHA-256 of bytes. */
export async function sha256(bytes) {
	const subtle = globalThis.crypto?.subtle;
	return subtle ? new Uint8Array(await subtle.digest('SHA-256', bytes)) : sha256Plain(bytes);
}

/** SHA-512, for signatures: of a few hundred bytes. */
export function sha512(bytes) {
	const mask = 0xffffffffffffffffn;
	const right = (x, n) => ((x >> n) | (x << (64n - n))) & mask;
	const data = padded(bytes, 128);
	const view = new DataView(data.buffer);
	const state = [...START];
	for (let at = 0; at < data.length; at += 128) {
		const w = Array.from({ length: 16 }, (_, i) => view.getBigUint64(at + 8 * i));
		for (let i = 16; i < 80; i++) {
			const s0 = right(w[i - 15], 1n) ^ right(w[i - 15], 8n) ^ (w[i - 15] >> 7n);
			const s1 = right(w[i - 2], 19n) ^ right(w[i - 2], 61n) ^ (w[i - 2] >> 6n);
			w.push((w[i - 16] + s0 + w[i - 7] + s1) & mask);
		}
		let [a, b, c, d, e, f, g, h] = state;
		for (let i = 0; i < 80; i++) {
			const s1 = right(e, 14n) ^ right(e, 18n) ^ right(e, 41n);
			const t1 = h + s1 + ((e & f) ^ (~e & mask & g)) + K[i] + w[i];
			const s0 = right(a, 28n) ^ right(a, 34n) ^ right(a, 39n);
			const t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
			[h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) & mask, c, b, a, (t1 + t2) & mask];
		}
		[a, b, c, d, e, f, g, h].forEach((word, i) => (state[i] = (state[i] + word) & mask));
	}
	const out = new Uint8Array(64);
	state.forEach((word, i) => new DataView(out.buffer).setBigUint64(8 * i, word));
	return out;
}

const CRC = Uint32Array.from({ length: 256 }, (_, n) => {
	for (let bit = 0; bit < 8; bit++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
	return n;
});

/** The check sum of a zip's entry. */
export function crc32(bytes) {
	let crc = ~0;
	for (const byte of bytes) crc = (crc >>> 8) ^ CRC[(crc ^ byte) & 0xff];
	return ~crc >>> 0;
}

export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

export const base64 = (bytes) => btoa(String.fromCharCode(...bytes));

/** Bytes of base64 that is spelled in the one way; `undefined` for any other text. */
export function unbase64(text) {
	try {
		const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
		return base64(bytes) === text ? bytes : undefined;
	} catch {
		return undefined;
	}
}

export const utf8 = (text) => new TextEncoder().encode(text);

export function joined(...parts) {
	const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
	let at = 0;
	for (const part of parts) {
		out.set(part, at);
		at += part.length;
	}
	return out;
}
