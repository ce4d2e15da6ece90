/**
 * What a code that was scanned or typed is good for. A code is drawn by anybody: nothing of it is opened, and what is not one of
 * the forms below is refused without being shown.
 */
import { CODE_BYTES_MAX, hasControls, utf8 } from './fields';
import { readLabel, Refused } from './uri';
import { isUsableV4 } from './server';

/** Why a code does not add a camera. `label`: one of ours that is damaged, with the reason's name in `detail`. */
export type Reason = 'too_long' | 'controls' | 'label' | 'lens' | 'wifi' | 'link' | 'script' | 'secret' | 'unknown';

export type Scanned =
	/** Our own label: it pairs. */
	| { kind: 'label'; code: string }
	/** Another make's label: a serial number or UID, and perhaps the model. */
	| { kind: 'serial'; serial: string; model?: string }
	/** Where a camera is. */
	| { kind: 'address'; host: string; url?: string }
	| { kind: 'refused'; reason: Reason; detail?: string };

const refused = (reason: Reason, detail?: string): Scanned => ({
	kind: 'refused',
	reason,
	...(detail === undefined ? {} : { detail })
});

/** Serial numbers and UIDs as makers print them, with a digit somewhere. */
const SERIAL = /^(?=.*\d)[A-Za-z0-9]{6,40}([-_][A-Za-z0-9]{1,20}){0,5}$/;
const MAC = /^([0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}$/;
const MODEL = /^[A-Za-z0-9][A-Za-z0-9 ._/()+-]{0,40}$/;
/** Names under which makers write the number and the model. Whatever else stands there may be a secret, and is not read. */
const SERIAL_KEYS = ['sn', 's/n', 'serial', 'serialnumber', 'uid', 'did', 'deviceid', 'mac'];
const MODEL_KEYS = ['dt', 'model', 'pn', 'devicetype'];

export function classify(scanned: string): Scanned {
	if (utf8(scanned).length > CODE_BYTES_MAX) return refused('too_long');
	const code = scanned.trim();
	if (/^atipcam:label/i.test(code)) return ours(code);
	if (/^atipcam:/i.test(code)) return refused('lens');
	if (/^wifi:/i.test(code)) return refused('wifi');
	const rows = code.split(/[\r\n]+/).map((row) => row.trim());
	if (rows.some(hasControls)) return refused('controls');
	if (rows.length > 1) return inRows(rows);
	if (/^rtsps?:\/\//i.test(code)) return stream(code);
	if (/^(https?:)?\/\//i.test(code) || /^www\./i.test(code)) return refused('link');
	if (isUsableV4(code)) return { kind: 'address', host: code };
	if (MAC.test(code) || SERIAL.test(code)) return { kind: 'serial', serial: code };
	const named = inPairs(code);
	if (named) return named;
	// Any other scheme: a script, data, a call, a payment.
	return refused(/^[a-z][a-z0-9+.-]*:/i.test(code) ? 'script' : 'unknown');
}

function ours(code: string): Scanned {
	try {
		readLabel(code);
		return { kind: 'label', code };
	} catch (error) {
		if (error instanceof Refused) return refused('label', error.message);
		throw error;
	}
}

function stream(code: string): Scanned {
	let url: URL;
	try {
		url = new URL(code);
	} catch {
		return refused('unknown');
	}
	// A password in a printed code is one that everybody has.
	if (url.username !== '' || url.password !== '') return refused('secret');
	return { kind: 'address', host: url.hostname.replace(/^\[|\]$/g, ''), url: code };
}

/** A maker's page, a serial number, a verification code and a model, each in a row. Only number and model are read. */
function inRows(rows: readonly string[]): Scanned {
	const [, serial = '', , model = ''] = rows;
	if (rows.length > 8 || !SERIAL.test(serial)) return refused('unknown');
	return { kind: 'serial', serial, ...(MODEL.test(model) ? { model } : {}) };
}

/** `{SN:…,DT:…}`, `{"sn":"…"}` or `S/N: …`. */
function inPairs(code: string): Scanned | undefined {
	const pairs = new Map<string, string>();
	for (const pair of code.replace(/^\{(.*)\}$/s, '$1').split(/[,;&]/)) {
		const [, key, value] = /^\s*"?([A-Za-z/ _]{2,14}?)"?\s*[:=]\s*"?([^"]*?)"?\s*$/.exec(pair) ?? [];
		if (key === undefined || value === undefined) continue;
		const name = key.toLowerCase().replaceAll(/[ _]/g, '');
		if (!pairs.has(name)) pairs.set(name, value);
	}
	const first = (keys: readonly string[], form: (value: string) => boolean) =>
		keys.map((key) => pairs.get(key)).find((value) => value !== undefined && form(value));
	const serial = first(SERIAL_KEYS, (value) => SERIAL.test(value) || MAC.test(value));
	if (serial === undefined) return undefined;
	const model = first(MODEL_KEYS, (value) => MODEL.test(value));
	return { kind: 'serial', serial, ...(model === undefined ? {} : { model }) };
}

/** What is known of a camera that answered in the network. */
interface Answered {
	key: string;
	addresses: readonly string[];
	name?: string | undefined;
	model?: string | undefined;
	serial?: string | undefined;
}

/** Shorter numbers stand in too many names by chance. */
const SERIAL_LETTERS_MIN = 6;
const plain = (text: string) => text.toLowerCase().replaceAll(/[^a-z0-9]/g, '');

/** Whether this camera is the one that the label names: by its address, or by a number in its key or name. */
export function isSought(found: Answered, scanned: Scanned): boolean {
	if (scanned.kind === 'address') return found.addresses.includes(scanned.host);
	if (scanned.kind !== 'serial') return false;
	const serial = plain(scanned.serial);
	if (serial.length < SERIAL_LETTERS_MIN) return false;
	return [found.key, found.name, found.model, found.serial].some(
		(text) => text !== undefined && plain(text).includes(serial)
	);
}
