import { describe, expect, it } from 'vitest';
import vectors from '../../../../docs/onboarding-vectors.json';
import { utf8 } from './fields';
import { network, readLabel, readWifi, Refused, type Security, writeLabel, writeWifi } from './uri';

const hex = (digits: string) => Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

interface NetworkVector {
	ssid: string;
	security: string;
	password: string | null;
	hidden: boolean;
}
const networkOf = ({ ssid, security, password, hidden }: NetworkVector) =>
	network(hex(ssid), { kind: security, ...(password === null ? {} : { password }) } as Security, hidden);

/** Why a reader refuses this, as the vectors spell it. */
function why(read: () => unknown): string {
	try {
		read();
	} catch (error) {
		if (error instanceof Refused) return error.message;
		throw error;
	}
	return 'not refused';
}

describe('a code for the lens', () => {
	it.each(vectors.wifi)('is read and written as the vectors say: $uri', (vector) => {
		const code = {
			network: networkOf(vector),
			invitation: {
				server: vector.server,
				certificate: hex(vector.certificate),
				claim: hex(vector.claim)
			}
		};
		expect(readWifi(vector.uri)).toEqual(code);
		expect(writeWifi(code)).toBe(vector.uri);
	});

	it.each(vectors.plain)('of other phones and routers is read: $uri', (vector) => {
		const code = { network: networkOf(vector) };
		expect(readWifi(vector.uri)).toEqual(code);
		expect(readWifi(writeWifi(code))).toEqual(code);
	});

	it('for other makes has a backslash before what would end a value', () => {
		const home = network(utf8('a;b:c,d"e\\f'), { kind: 'wpa', password: '\\;,:"%41 x' }, true);
		expect(writeWifi({ network: home })).toBe('WIFI:T:WPA;S:a\\;b\\:c\\,d\\"e\\\\f;P:\\\\\\;\\,\\:\\"%41 x;H:true;;');
		expect(writeWifi({ network: network(utf8('家里'), { kind: 'open' }, false) })).toBe('WIFI:T:nopass;S:家里;;');
		expect(writeWifi({ network: network(utf8('"x"'), { kind: 'sae', password: '"p"' }, false) })).toBe(
			'WIFI:T:SAE;S:\\"x\\";P:\\"p\\";;'
		);
	});

	it.each(vectors.refused)('is refused with its reason: $why', (vector) => {
		expect(
			why(() => readWifi(vector.code)),
			vector.code
		).toBe(vector.why);
	});
});

describe('a label', () => {
	it.each(vectors.label)('is read and written as the vectors say', (vector) => {
		const label = { device: hex(vector.device), secret: hex(vector.secret) };
		expect(readLabel(vector.uri)).toEqual(label);
		expect(writeLabel(label)).toBe(vector.uri);
	});

	it.each(vectors.refused_labels)('is refused with its reason: $why', (vector) => {
		expect(
			why(() => readLabel(vector.code)),
			vector.code
		).toBe(vector.why);
	});
});

describe('a network', () => {
	it('has a name and a password of a length that there is', () => {
		expect(why(() => network(utf8(''), { kind: 'open' }, false))).toBe('Ssid');
		expect(why(() => network(utf8('家'.repeat(11)), { kind: 'open' }, false))).toBe('Ssid');
		expect(why(() => network(utf8('Home'), { kind: 'wpa', password: 'ÄÖÜ' }, false))).toBe('Password');
		expect(network(utf8('Home'), { kind: 'wpa', password: 'ÄÖÜß' }, false).hidden).toBe(false);
		expect(why(() => network(utf8('Home'), { kind: 'wpa', password: '12345678\t' }, false))).toBe('Control');
	});
});
