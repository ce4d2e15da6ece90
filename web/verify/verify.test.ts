// The page's verifier on the vector of the server's (crates/store/src/case/tests.rs), without a browser.
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { verifyCase } from './case.js';
import { signed } from './ed25519.js';
import { crc32, hex, sha256Plain, sha512, unbase64, utf8 } from './hash.js';
import { layout } from './zip.js';

const vector = new Uint8Array(readFileSync(new URL('./vector.zip', import.meta.url)));
const verify = (bytes: Uint8Array) =>
	verifyCase({ size: bytes.length, read: (from: number, to: number) => Promise.resolve(bytes.slice(from, to)) });

describe('a case', () => {
	it('that nobody touched is whole', async () => {
		const report = await verify(vector);
		expect(report.faults).toEqual([]);
		expect(report.breaks).toEqual([{ camera: '01010101-0101-0101-0101-010101010101', time: '2026-11-30T08:03:00Z' }]);
		expect(report.heads).toBe(2);
		expect(report.fingerprint).toMatch(/^([0-9a-f]{4} ){7}[0-9a-f]{4}$/);
	});

	it('names the file and the place of any changed byte', async () => {
		const text = new TextDecoder().decode(vector);
		const manifest = JSON.parse(text.slice(text.indexOf('{'), text.indexOf('\n')));
		const footage = manifest.files.at(-1);
		// Every 97th byte, and the ends: signatures take their time.
		const places = [0, 30, vector.length - 1, vector.length - 30];
		for (let at = 0; at < vector.length; at += 97) places.push(at);
		for (const at of places) {
			const changed = vector.slice();
			changed[at]! ^= 1 << (at % 8);
			const { faults } = await verify(changed);
			expect(faults.length, `byte ${at}`).toBe(1);
			const [fault] = faults;
			if (fault.kind !== 'unreadable') {
				expect(fault.from, `byte ${at}`).toBeLessThanOrEqual(at);
				expect(fault.to, `byte ${at}`).toBeGreaterThan(at);
			}
			if (fault.file === footage.name && fault.kind === 'file') {
				expect(fault).toMatchObject({ camera: '门口 Door', time: '2026-11-30T08:03:00Z' });
			}
		}
	}, 60_000);

	it('that is cut or longer is no longer it', async () => {
		const kinds = async (bytes: Uint8Array) => (await verify(bytes)).faults.map(({ kind }: { kind: string }) => kind);
		expect(await kinds(vector.slice(0, -1))).toEqual(['short']);
		expect(await kinds(new Uint8Array([...vector, 0]))).toEqual(['long']);
		expect(await kinds(new Uint8Array())).toEqual(['unreadable']);
	});
});

describe('what it is made of', () => {
	it('hashes as the standards do', () => {
		for (const length of [0, 1, 55, 56, 63, 64, 65, 111, 112, 127, 128, 1000]) {
			const bytes = new Uint8Array(length).map((_, i) => i * 7);
			const expected = (name: string) => createHash(name).update(bytes).digest('hex');
			expect(hex(sha256Plain(bytes))).toBe(expected('sha256'));
			expect(hex(sha512(bytes))).toBe(expected('sha512'));
		}
		expect(crc32(utf8('123456789'))).toBe(0xcbf43926);
	});

	it('takes a signature that fits and no other', () => {
		const { publicKey, privateKey } = generateKeyPairSync('ed25519');
		const key = new Uint8Array(publicKey.export({ format: 'der', type: 'spki' }).subarray(-32));
		const message = utf8('a message');
		const signature = new Uint8Array(sign(null, message, privateKey));
		expect(signed(key, message, signature)).toBe(true);
		expect(signed(key, utf8('another'), signature)).toBe(false);
		for (const at of [0, 31, 32, 63]) {
			const other = signature.slice();
			other[at]! ^= 1;
			expect(signed(key, message, other), `byte ${at}`).toBe(false);
		}
		// The same S with the order of the group added is another spelling, and refused (RFC 8032, section 5.1.7).
		const order = 2n ** 252n + 27742317777372353535851937790883648493n;
		let s = signature.slice(32).reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n) + order;
		const twice = signature.slice();
		for (let at = 32; at < 64; at++, s >>= 8n) twice[at] = Number(s & 255n);
		expect(signed(key, message, twice)).toBe(false);
	});

	it('reads base64 in its one spelling', () => {
		expect(unbase64('AQ==')).toEqual(Uint8Array.of(1));
		expect(unbase64('AR==')).toBeUndefined();
		expect(unbase64('AQ=')).toBeUndefined();
	});

	it('lays a zip of more than four gigabytes out as the server does', () => {
		const entry = (bytes: number) => ({ name: 'a.mp4', bytes, crc32: 1 });
		const wide = layout([entry(5 * 2 ** 30), entry(10)]);
		expect(wide.parts.map(({ header }) => header.length)).toEqual([55, 35]);
		expect(wide.tail.length).toBe(51 + 20 + 51 + 12 + 56 + 20 + 22);
		expect(wide.tailAt).toBe(55 + 5 * 2 ** 30 + 35 + 10);
	});
});
