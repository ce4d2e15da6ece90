import { describe, expect, it } from 'vitest';
import type { PolicyVersion } from '$lib/api/privacy';
import { changesSince } from './changes';

const versions = ['1.2.0', '1.1.0', '1.0.0'].map((version): PolicyVersion => ({
	version,
	hash: '',
	updated: '2026-11-23',
	class: 'posted',
	changes: []
}));
const since = (agreed?: string) => changesSince(versions, agreed).map(({ version }) => version);

describe('changesSince', () => {
	it('gives what came after the version that was agreed to', () => {
		expect(since('1.0.0')).toEqual(['1.2.0', '1.1.0']);
		expect(since('1.1.0')).toEqual(['1.2.0']);
	});
	it('gives nothing for the present version', () => expect(since('1.2.0')).toEqual([]));
	it('gives the newest where the version is not known', () => {
		expect(since()).toEqual(['1.2.0']);
		expect(since('0.9.0')).toEqual(['1.2.0']);
	});
});
