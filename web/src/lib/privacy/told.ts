/** What an event of the log says, as a message and what goes into it. */
import type { LogEvent, PolicyPage } from '$lib/api/privacy';

export interface Told {
	/** A message of the family `privacy.event.`, without the family's name. */
	message: string;
	/** What it is about: the id of a purpose, recipient, category or camera, or a version of the policy. */
	about: { kind: 'name' | 'camera' | 'version'; id: string } | undefined;
}

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
const first = (...values: unknown[]): string | undefined => values.map(text).find((value) => value !== undefined);
const OUTCOMES = ['sent', 'failed', 'refused'];

/** Payloads carry ids only; what a payload leaves out is told without it. */
export function tell({ kind, payload }: LogEvent): Told {
	const named = (id: string | undefined): Told['about'] => (id === undefined ? undefined : { kind: 'name', id });
	if (kind.startsWith('consent.')) return { message: kind, about: named(text(payload.purpose)) };
	if (kind.startsWith('policy.')) {
		const id = first(payload.version, payload.policy_version);
		return { message: kind, about: id === undefined ? undefined : { kind: 'version', id } };
	}
	if (kind === 'disclosure') return { message: kind, about: named(text(payload.recipient)) };
	if (kind === 'disclosure.result') {
		const outcome = text(payload.outcome) ?? '';
		return {
			message: OUTCOMES.includes(outcome) ? `disclosure.${outcome}` : 'disclosure',
			about: named(text(payload.recipient))
		};
	}
	if (kind === 'access') {
		const id = first(payload.camera, payload.camera_id);
		return { message: kind, about: id === undefined ? undefined : { kind: 'camera', id } };
	}
	if (kind === 'erasure') return { message: kind, about: named(first(payload.category, payload.what)) };
	if (kind === 'export') return { message: kind, about: undefined };
	return { message: 'other', about: named(kind) };
}

/** The names that the policy gives to purposes, recipients and kinds of data, by id. */
export function namesIn({ purposes, recipients, categories }: PolicyPage): Record<string, string> {
	return Object.fromEntries([...purposes, ...recipients, ...categories].map(({ id, name }) => [id, name]));
}
