import { describe, expect, it } from 'vitest';
import type { LogEvent } from '$lib/api/privacy';
import { tell } from './told';

const event = (kind: string, payload: Record<string, unknown> = {}): LogEvent => ({
	id: 'e',
	leaf: 1,
	seq: 1,
	kind,
	at: '2026-11-23T12:00:00Z',
	payload
});

describe('tell', () => {
	it.each<[string, Record<string, unknown>, string, { kind: string; id: string } | undefined]>([
		['consent.given', { purpose: 'video.sound' }, 'consent.given', { kind: 'name', id: 'video.sound' }],
		['consent.withdrawn', {}, 'consent.withdrawn', undefined],
		['policy.agreed', { policy_version: '1.0.0' }, 'policy.agreed', { kind: 'version', id: '1.0.0' }],
		['policy.version', { version: '1.1.0' }, 'policy.version', { kind: 'version', id: '1.1.0' }],
		['policy.withdrawn', {}, 'policy.withdrawn', undefined],
		['disclosure', { recipient: 'mail.operator' }, 'disclosure', { kind: 'name', id: 'mail.operator' }],
		['disclosure.result', { recipient: 'a', outcome: 'refused' }, 'disclosure.refused', { kind: 'name', id: 'a' }],
		['disclosure.result', { recipient: 'a', outcome: 7 }, 'disclosure', { kind: 'name', id: 'a' }],
		['access', { camera_id: 'c1' }, 'access', { kind: 'camera', id: 'c1' }],
		['erasure', { category: 'footage.video' }, 'erasure', { kind: 'name', id: 'footage.video' }],
		['export', { anything: true }, 'export', undefined],
		['hologram', { purpose: 'x' }, 'other', { kind: 'name', id: 'hologram' }]
	])('%s %j', (kind, payload, message, about) => expect(tell(event(kind, payload))).toEqual({ message, about }));
});
