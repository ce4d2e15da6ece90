import { describe, expect, it } from 'vitest';
import vectors from '../../../../docs/onboarding-vectors.json';
import { classify, isSought, type Scanned } from './classify';

const label = vectors.label[0]?.uri ?? '';

describe('a scanned code', () => {
	it('of ours pairs, with blanks around it that typing leaves', () => {
		expect(classify(label)).toEqual({ kind: 'label', code: label });
		expect(classify(` ${label}\n`)).toEqual({ kind: 'label', code: label });
	});

	const read: [code: string, Scanned][] = [
		['DS2CD2143G0123456', { kind: 'serial', serial: 'DS2CD2143G0123456' }],
		['9527000ABCDEF012', { kind: 'serial', serial: '9527000ABCDEF012' }],
		['A8:42:A1:00:11:22', { kind: 'serial', serial: 'A8:42:A1:00:11:22' }],
		[
			'{SN:6J0A123PAG00017,DT:IPC-HDW2431T,SC:L2ABCDEF}',
			{ kind: 'serial', serial: '6J0A123PAG00017', model: 'IPC-HDW2431T' }
		],
		['{"sn":"6J0A123PAG00017","sc":"secret99"}', { kind: 'serial', serial: '6J0A123PAG00017' }],
		['S/N: 2142A5001234', { kind: 'serial', serial: '2142A5001234' }],
		[
			'www.example.com\rE12345678\rABCDEF\rDS-2CD2143G0-I',
			{ kind: 'serial', serial: 'E12345678', model: 'DS-2CD2143G0-I' }
		],
		['192.168.1.20', { kind: 'address', host: '192.168.1.20' }],
		['rtsp://192.168.1.20:554/s1', { kind: 'address', host: '192.168.1.20', url: 'rtsp://192.168.1.20:554/s1' }]
	];
	it.each(read)('of another make tells number, model or address and nothing else: %s', (code, scanned) => {
		expect(classify(code)).toEqual(scanned);
	});

	const others: [code: string, reason: string][] = [
		['https://192.168.1.20:8443', 'link'],
		['HTTPS://example.org/atipcam:label', 'link'],
		['//example.org', 'link'],
		['www.example.org', 'link'],
		['javascript:alert(1)', 'script'],
		['data:text/html,<script>x</script>', 'script'],
		['tel:+8610', 'script'],
		['WIFI:T:WPA;S:Home;P:12345678;;', 'wifi'],
		['wifi:T:nopass;S:Guest;;', 'wifi'],
		[vectors.wifi[0]?.uri ?? '', 'lens'],
		['rtsp://me:secret@192.168.1.20/', 'secret'],
		['<img src=x onerror=alert(1)>', 'unknown'],
		['BEGIN:VCARD', 'script'],
		['BEGIN:VCARD\nTEL:1\nEND:VCARD', 'unknown'],
		['hello world', 'unknown'],
		['', 'unknown'],
		['camera\u0000name', 'controls'],
		['x'.repeat(1025), 'too_long']
	];
	it.each(others)('of any other kind is refused: %s', (code, reason) => {
		expect(classify(code)).toEqual({ kind: 'refused', reason });
	});

	it.each([...vectors.refused, ...vectors.refused_labels])(
		'that the vectors refuse adds no camera: $why',
		({ code }) => {
			const scanned = classify(code);
			// A label with a blank behind it is one that was typed.
			if (scanned.kind === 'label') expect(code.trim()).toBe(label);
			else expect(scanned.kind).toBe('refused');
		}
	);

	it('that is a damaged label says in which way', () => {
		expect(classify('atipcam:label?v=1&i=AAECAwQFBgcICQoLDA0ODw')).toEqual({
			kind: 'refused',
			reason: 'label',
			detail: "Missing('k')"
		});
	});
});

describe('a camera that answered', () => {
	const found = {
		key: 'urn:uuid:4419b2c4-1234-5678-9abc-a842a1001122',
		addresses: ['192.168.1.20', 'fd00::20'],
		name: 'Yard'
	};

	it('is the sought one by its address or by a number in what it calls itself', () => {
		expect(isSought(found, classify('192.168.1.20'))).toBe(true);
		expect(isSought(found, classify('192.168.1.21'))).toBe(false);
		expect(isSought(found, classify('A8:42:A1:00:11:22'))).toBe(true);
		expect(isSought({ ...found, name: 'IPC 6j0a123pag00017' }, classify('6J0A123PAG00017'))).toBe(true);
		expect(isSought(found, classify('6J0A123PAG00017'))).toBe(false);
		expect(isSought(found, classify('https://192.168.1.20'))).toBe(false);
	});
});
