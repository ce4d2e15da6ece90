/**
 * `key=value` behind a `?`, percent-encoded (RFC 3986, 2.1), in one spelling: unreserved characters stand for themselves, every
 * other byte is `%` and two upper-case hexadecimal digits.
 */
import { Refused } from './refused';

/** Bytes of a code that are read at most; the longest of ours has under 900. */
export const CODE_BYTES_MAX = 1024;

const encoder = new TextEncoder();
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export const utf8 = (text: string): Uint8Array => encoder.encode(text);

export function fromUtf8(bytes: Uint8Array): string {
	try {
		return strict.decode(bytes);
	} catch {
		throw new Refused('NotUtf8');
	}
}

/** Unicode's control characters (Cc). */
export const hasControls = (text: string): boolean => /\p{Cc}/u.test(text);

/** The code's text, where it has a size and letters that one of ours can have. */
export function checkedText(code: string): string {
	if (utf8(code).length > CODE_BYTES_MAX) throw new Refused('TooLong');
	if (hasControls(code)) throw new Refused('Control');
	return code;
}

const isUnreserved = (letter: string) => /^[A-Za-z0-9\-._~]$/.test(letter);

export function encoded(bytes: Uint8Array): string {
	let out = '';
	for (const byte of bytes) {
		const letter = String.fromCharCode(byte);
		out += isUnreserved(letter) ? letter : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
	}
	return out;
}

function decoded(value: string): Uint8Array {
	const out: number[] = [];
	for (let at = 0; at < value.length; at++) {
		const letter = value[at] ?? '';
		let byte: number;
		if (letter === '%') {
			const digits = value.slice(at + 1, at + 3);
			if (!/^[0-9A-F]{2}$/.test(digits)) throw new Refused('Misspelt');
			byte = Number.parseInt(digits, 16);
			at += 2;
		} else if (isUnreserved(letter)) byte = letter.charCodeAt(0);
		else throw new Refused('Misspelt');
		if (byte < 0x20 || byte === 0x7f) throw new Refused('Control');
		out.push(byte);
	}
	return new Uint8Array(out);
}

/** Base64url without padding (RFC 4648, 5). */
export function base64url(bytes: Uint8Array): string {
	return btoa(String.fromCharCode(...bytes))
		.replaceAll('+', '-')
		.replaceAll('/', '_')
		.replace(/=+$/, '');
}

/** Exactly `length` bytes, in their one spelling; `undefined` where there are others. */
export function fromBase64url(text: string, length: number): Uint8Array | undefined {
	if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) return undefined;
	const plain = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
	const bytes = Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
	return bytes.length === length && base64url(bytes) === text ? bytes : undefined;
}

/** The fields of a URI of ours, taken out one by one. */
export class Fields {
	readonly #fields = new Map<string, Uint8Array>();

	/** Reads what follows `path`; `OtherPurpose` where the text is another URI. */
	constructor(text: string, path: string) {
		if (!text.startsWith(`${path}?`)) throw new Refused('OtherPurpose');
		for (const field of text.slice(path.length + 1).split('&')) {
			const [, key, value] = /^([a-z])=(.*)$/s.exec(field) ?? [];
			if (key === undefined || value === undefined) throw new Refused('Misspelt');
			if (this.#fields.has(key)) throw new Refused('Twice', key);
			this.#fields.set(key, decoded(value));
		}
		if (fromUtf8(this.must('v')) !== '1') throw new Refused('Version');
	}

	may(key: string): Uint8Array | undefined {
		return this.#fields.get(key);
	}

	must(key: string): Uint8Array {
		const value = this.may(key);
		if (value === undefined) throw new Refused('Missing', key);
		return value;
	}

	mustText(key: string): string {
		return fromUtf8(this.must(key));
	}

	mayText(key: string): string | undefined {
		const value = this.may(key);
		return value === undefined ? undefined : fromUtf8(value);
	}

	/** Exactly `length` bytes. */
	mustBytes(key: string, length: number): Uint8Array | undefined {
		const value = this.must(key);
		return fromBase64url(String.fromCharCode(...value), length);
	}
}
