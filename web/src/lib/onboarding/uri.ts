/**
 * What a camera is told when it is set up: two URIs of ours that stand in QR codes, and the `WIFI:` form that everybody else
 * draws. docs/onboarding.md has the grammar; the tests run on docs/onboarding-vectors.json, as those of `domain::onboarding` do.
 */
import { base64url, checkedText, encoded, Fields, fromUtf8, hasControls, utf8 } from './fields';
import { Refused } from './refused';
import { isServerUrl } from './server';

export { Refused } from './refused';

const WIFI = 'atipcam:wifi';
const LABEL = 'atipcam:label';

/** How a network is entered: `wpa` is WPA2 or WPA3 in its transition mode, `sae` WPA3 alone. */
export type Security = { kind: 'open' } | { kind: 'wpa' | 'sae'; password: string };

export interface Network {
	/** The name's 1 to 32 octets, UTF-8 by custom. */
	ssid: Uint8Array;
	security: Security;
	/** It does not send its name, so it is asked for by name. */
	hidden: boolean;
}

/** Which server a camera is to call, how it knows that server, and what it shows there. */
export interface Invitation {
	server: string;
	/** SHA-256 of a certificate of the chain that the server shows. */
	certificate: Uint8Array;
	claim: Uint8Array;
}

export interface WifiCode {
	network: Network;
	/** The `WIFI:` form of other phones names no server. */
	invitation?: Invitation;
}

export interface Label {
	device: Uint8Array;
	secret: Uint8Array;
}

/** A network that can be joined; whatever is wrong with its name or password is thrown as {@link Refused}. */
export function network(ssid: Uint8Array, security: Security, hidden: boolean): Network {
	if (ssid.length === 0 || ssid.length > 32) throw new Refused('Ssid');
	if (ssid.some((octet) => octet < 0x20 || octet === 0x7f)) throw new Refused('Control');
	if (security.kind !== 'open') {
		const { kind, password } = security;
		if (hasControls(password)) throw new Refused('Control');
		const bytes = utf8(password).length;
		const fits =
			kind === 'sae' ? bytes >= 1 && bytes <= 128 : (bytes >= 8 && bytes <= 63) || /^[0-9A-Fa-f]{64}$/.test(password);
		if (!fits) throw new Refused('Password');
	}
	return { ssid, security, hidden };
}

export function readWifi(code: string): WifiCode {
	const text = checkedText(code);
	return /^wifi:/i.test(text) ? { network: readPlain(text.slice(5)) } : readOurs(text);
}

/** The one spelling of our form; the `WIFI:` form, which has text alone, where there is no invitation. */
export function writeWifi({ network: { ssid, security, hidden }, invitation }: WifiCode): string {
	if (!invitation) return writePlain({ ssid, security, hidden });
	const password = security.kind === 'open' ? '' : `&p=${encoded(utf8(security.password))}`;
	const [server, certificate, claim] = [
		encoded(utf8(invitation.server)),
		base64url(invitation.certificate),
		base64url(invitation.claim)
	];
	const joined = `${WIFI}?v=1&s=${encoded(ssid)}&t=${security.kind}${password}${hidden ? '&h=1' : ''}`;
	return `${joined}&u=${server}&f=${certificate}&c=${claim}`;
}

export function readLabel(code: string): Label {
	const text = checkedText(code);
	const fields = new Fields(text, LABEL);
	const device = fields.mustBytes('i', 16);
	if (!device) throw new Refused('Device');
	const secret = fields.mustBytes('k', 16);
	if (!secret) throw new Refused('Token');
	if (writeLabel({ device, secret }) !== text) throw new Refused('Misspelt');
	return { device, secret };
}

export function writeLabel({ device, secret }: Label): string {
	return `${LABEL}?v=1&i=${base64url(device)}&k=${base64url(secret)}`;
}

function readOurs(text: string): WifiCode {
	const fields = new Fields(text, WIFI);
	const ssid = fields.must('s');
	if (ssid.length === 0 || ssid.length > 32) throw new Refused('Ssid');
	const kind = fields.mustText('t');
	const password = fields.mayText('p');
	const security = securityOf(kind, password);
	const hidden = fields.may('h') !== undefined;
	const server = fields.mustText('u');
	if (!isServerUrl(server)) throw new Refused('Server');
	const certificate = fields.mustBytes('f', 32);
	if (!certificate) throw new Refused('Fingerprint');
	const claim = fields.mustBytes('c', 16);
	if (!claim) throw new Refused('Token');
	const code = { network: network(ssid, security, hidden), invitation: { server, certificate, claim } };
	// One spelling: no other order, no further fields, nothing hidden in the unused bits of base64.
	if (writeWifi(code) !== text) throw new Refused('Misspelt');
	return code;
}

function securityOf(kind: string, password: string | undefined): Security {
	if (kind === 'open') {
		if (password !== undefined) throw new Refused('Password');
		return { kind };
	}
	if (kind !== 'wpa' && kind !== 'sae') throw new Refused('Security');
	if (password === undefined) throw new Refused('Missing', 'p');
	return { kind, password };
}

/** What `T` may say in a `WIFI:` code, in capitals. */
const PLAIN_KINDS: Readonly<Record<string, Security['kind']>> = {
	'': 'open',
	NOPASS: 'open',
	WPA: 'wpa',
	WPA2: 'wpa',
	'WPA/WPA2': 'wpa',
	SAE: 'sae',
	WPA3: 'sae'
};

/** What follows `WIFI:`, with fields in any order; what phones write besides `T`, `S`, `P` and `H` is passed over. */
function readPlain(text: string): Network {
	const fields = new Map<string, string>();
	let rest = text;
	while (rest !== '' && rest !== ';') {
		const colon = rest.indexOf(':');
		if (colon < 0) throw new Refused('Misspelt');
		const key = rest.slice(0, colon);
		const [value, tail] = unescaped(rest.slice(colon + 1));
		rest = tail;
		if (/^[TSPH]$/.test(key)) {
			if (fields.has(key)) throw new Refused('Twice', key);
			fields.set(key, value);
		} else if (/^[EA]$/.test(key)) {
			// It asks for more than a password: EAP's method, identity and anonymous identity.
			throw new Refused('Security');
		} else if (!/^[A-Za-z0-9]{1,8}$/.test(key)) throw new Refused('Misspelt');
	}
	const kind = PLAIN_KINDS[(fields.get('T') ?? '').toUpperCase()];
	const password = fields.get('P') || undefined;
	if (kind === undefined) throw new Refused('Security');
	if (kind !== 'open' && password === undefined) throw new Refused('Missing', 'P');
	const security = securityOf(kind, password);
	const hidden = fields.get('H') ?? '';
	if (!['', 'true', 'false'].includes(hidden)) throw new Refused('Misspelt');
	const ssid = fields.get('S');
	if (ssid === undefined) throw new Refused('Missing', 'S');
	return network(utf8(ssid), security, hidden === 'true');
}

/** A value up to its `;`, and what follows. Plain quotes round the whole of it are not part of it; escaped ones are. */
function unescaped(text: string): [value: string, rest: string] {
	let value = '';
	const quoted = text.startsWith('"');
	for (let at = 0; at < text.length; at++) {
		const letter = text[at] ?? '';
		if (letter === ';') return [value, text.slice(at + 1)];
		if (letter === '\\') {
			at += 1;
			const escaped = text[at] ?? '';
			if (!/^[\\;,:"]$/.test(escaped)) throw new Refused('Misspelt');
			value += escaped;
			continue;
		}
		value += letter;
		if (quoted && letter === '"' && at > 0 && text[at + 1] === ';') return [value.slice(1, -1), text.slice(at + 2)];
	}
	throw new Refused('Misspelt');
}

function writePlain({ ssid, security, hidden }: Network): string {
	const escaped = (text: string) => text.replaceAll(/[\\;,:"]/g, (letter) => `\\${letter}`);
	const kinds = { open: 'nopass', wpa: 'WPA', sae: 'SAE' } as const;
	const password = security.kind === 'open' ? '' : `P:${escaped(security.password)};`;
	return `WIFI:T:${kinds[security.kind]};S:${escaped(fromUtf8(ssid))};${password}${hidden ? 'H:true;' : ''};`;
}
