// Whether an Ed25519 signature fits (RFC 8032, section 5.1.7). Nothing here is secret, so nothing need take the same time twice.
import { joined, sha512 } from './hash.js';

const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const mod = (x, m = P) => ((x % m) + m) % m;

function power(base, exponent) {
	let out = 1n;
	for (base = mod(base); exponent > 0n; exponent >>= 1n) {
		if (exponent & 1n) out = (out * base) % P;
		base = (base * base) % P;
	}
	return out;
}
const inverse = (x) => power(x, P - 2n);

const D = mod(-121665n * inverse(121666n));
const ROOT = power(2n, (P - 1n) / 4n);

/** Points as [X, Y, Z, T] with x = X/Z, y = Y/Z, xy = T/Z. */
const NOTHING = [0n, 1n, 1n, 0n];

function add([x1, y1, z1, t1], [x2, y2, z2, t2]) {
	const a = mod((y1 - x1) * (y2 - x2));
	const b = mod((y1 + x1) * (y2 + x2));
	const c = mod(2n * t1 * t2 * D);
	const d = mod(2n * z1 * z2);
	const [e, f, g, h] = [b - a, d - c, d + c, b + a];
	return [mod(e * f), mod(g * h), mod(f * g), mod(e * h)];
}

function times(scalar, point) {
	let out = NOTHING;
	for (; scalar > 0n; scalar >>= 1n) {
		if (scalar & 1n) out = add(out, point);
		point = add(point, point);
	}
	return out;
}

const number = (bytes) => bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);

/** The point of 32 bytes, or nothing where they are none. */
function point(bytes) {
	const whole = number(bytes);
	const y = whole & ((1n << 255n) - 1n);
	if (y >= P) return undefined;
	const [u, v] = [mod(y * y - 1n), mod(D * y * y + 1n)];
	let x = mod(u * power(v, 3n) * power(u * power(v, 7n), (P - 5n) / 8n));
	if (mod(v * x * x) !== u) x = mod(x * ROOT);
	if (mod(v * x * x) !== u) return undefined;
	const odd = whole >> 255n;
	if (x === 0n && odd === 1n) return undefined;
	if ((x & 1n) !== odd) x = P - x;
	return [x, y, 1n, mod(x * y)];
}

const BASE = point(Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 0x58 : 0x66)));

function bytesOf([x, y, z]) {
	const [one, other] = [mod(x * inverse(z)), mod(y * inverse(z))];
	let whole = other | ((one & 1n) << 255n);
	return Uint8Array.from({ length: 32 }, () => {
		const byte = Number(whole & 255n);
		whole >>= 8n;
		return byte;
	});
}

/** Whether `signature` (64 bytes) is one of `message` by `key` (32 bytes). */
export function signed(key, message, signature) {
	if (key.length !== 32 || signature.length !== 64) return false;
	const [first, s] = [signature.slice(0, 32), number(signature.slice(32))];
	const own = point(key);
	if (!own || s >= L) return false;
	const k = mod(number(sha512(joined(first, key, message))), L);
	// R = sB - kA, compared as bytes: another spelling of R is another signature.
	const expected = bytesOf(add(times(s, BASE), times(k, [mod(-own[0]), own[1], 1n, mod(-own[3])])));
	return expected.every((byte, i) => byte === first[i]);
}
