/** The policy, and what a person can see and decide about their own data. */
import { BASE, json, read, send } from './client';

/** The same words in several languages, by tag. */
export type Text = Record<string, string>;
export type FunctionState = 'in_use' | 'not_yet';
export type ClauseState = FunctionState | 'operator' | 'statement';
export type ChangeClass = 'silent' | 'posted' | 'prominent' | 'express';

export interface Clause {
	id: string;
	text: string;
	state: ClauseState;
	/** Enforcement points. */
	points: string[];
	/** How many tests cover it. */
	tests: number;
	/** They ran, and failed when enforcement was switched off. */
	proven: boolean;
}

export interface Recipient {
	id: string;
	name: string;
	state: FunctionState | 'denied';
	/** A country (ISO 3166), or `deployment`: where this server is. */
	region: string;
	policy_url?: string;
	fields: { category: string; name: string; purpose: string; purpose_name: string }[];
	/** What its own terms name and is not sent. */
	could_ask: string[];
	clause?: string;
}

export interface Purpose {
	id: string;
	name: string;
	basis: 'contract' | 'consent' | 'legal_obligation';
	function: string;
	state: FunctionState;
	consent: boolean;
	sensitive: boolean;
	uses: { category: string; name: string }[];
	clauses: string[];
}

export interface Category {
	id: string;
	name: string;
	sensitive: boolean;
	stored: boolean;
	retention?: { text: string };
	where?: string;
}

/** The policy in one language, in parts. */
export interface PolicyPage {
	version: string;
	hash: string;
	updated: string;
	language: string;
	title: string;
	intro: string;
	operator?: string;
	contact?: string;
	region?: string;
	parts: { id: string; title: string; clauses: Clause[] }[];
	recipients: Recipient[];
	purposes: Purpose[];
	categories: Category[];
	rights: { id: string; name: string; days?: number; text: string }[];
	findings: { id: string; text: string; clauses?: string[] }[];
}

export interface PolicyVersion {
	version: string;
	hash: string;
	updated: string;
	class: ChangeClass;
	changes: { kind: string; sentence: Text }[];
}

export type ConsentState = 'none' | 'given' | 'refused' | 'withdrawn' | 'expired';

export interface Consent {
	purpose: string;
	name: Text;
	state: ConsentState;
	/** Version of the policy and time of the last decision. */
	version?: string;
	at?: string;
	event_id?: string;
	/** What it is for, in a sentence. */
	about?: Text;
	/** What does not work without it. */
	effect: Text;
	uses: { category: string; name: Text }[];
	sensitive?: boolean;
	/** Its function is built; else there is nothing to decide yet. */
	in_use?: boolean;
}

/** What happens to a kind of data when the account is cancelled. */
export interface AfterCancel {
	then: 'goes' | 'stays';
	/** How, and for how long. */
	text: Text;
}

export interface StoredCategory {
	id: string;
	name: Text;
	count: number;
	bytes?: number;
	where: Text;
	retention: Text;
	/** When the last of it goes, where that is known. */
	until?: string;
	after_cancel: AfterCancel;
}

export interface StoredData {
	categories: StoredCategory[];
	/** What becomes of each home when the account is cancelled. */
	homes?: { id: string; role: 'owner' | 'member'; ends: boolean; cameras: number }[];
}

export type LogKind =
	| 'consent.requested'
	| 'consent.given'
	| 'consent.refused'
	| 'consent.withdrawn'
	| 'consent.expired'
	| 'policy.agreed'
	| 'policy.withdrawn'
	| 'policy.version'
	| 'disclosure'
	| 'disclosure.result'
	| 'access'
	| 'erasure'
	| 'export';

/** A leaf of the log that is about this person. */
export interface LogEvent {
	id: string;
	leaf: number;
	seq: number;
	/** A {@link LogKind}, unless the server is newer than this page. */
	kind: string;
	at: string;
	payload: Record<string, unknown>;
}

export interface Disclosure {
	id: string;
	at: string;
	recipient: string;
	recipient_name: Text;
	purpose: string;
	purpose_name?: Text;
	fields: { category: string; name: Text }[];
	/** The event of the consent that allowed it. */
	consent?: string;
	/** Absent while it is on its way. */
	outcome?: 'sent' | 'failed' | 'refused';
	reason?: string;
}

export interface Access {
	at: string;
	/** Absent while it goes on. */
	until?: string;
	who: { subject_id: string; email?: string; you: boolean };
	camera_id: string;
	camera_name?: string;
	/** Which stream key other software showed; absent once it is revoked. */
	key_name?: string;
	how: 'live' | 'stream' | 'playback' | 'download' | 'snapshot' | (string & {});
}

/** A stretch of a list, newest first. `next` asks for what is older. */
export interface Page<Item> {
	items: Item[];
	next?: string;
}

const LIMIT = 50;

function older(before: string | undefined, rest: Record<string, string> = {}): string {
	const query = new URLSearchParams({ ...rest, limit: String(LIMIT) });
	if (before !== undefined) query.set('before', before);
	return query.toString();
}

async function list<Name extends string, Item>(path: string, name: Name): Promise<Page<Item>> {
	const answer = await read<Record<Name, Item[]> & { next?: string | number | null }>(path);
	return { items: answer[name], ...(answer.next == null ? {} : { next: String(answer.next) }) };
}

export const privacy = {
	page: (language: string) => read<PolicyPage>(`/policy/page?language=${encodeURIComponent(language)}`),
	history: async () => (await read<{ versions: PolicyVersion[] }>('/policy/history')).versions,

	agree: (policy_version: string, language: string, adult: boolean) =>
		send('/agreement', json('PUT', { policy_version, language, adult })),
	withdrawAgreement: () => send('/agreement', { method: 'DELETE' }),

	consents: async () => (await read<{ consents: Consent[] }>('/privacy/consents')).consents,
	decide: (purpose: string, given: boolean, policy_version: string, language: string) =>
		read<Consent>(`/privacy/consents/${encodeURIComponent(purpose)}`, json('PUT', { given, policy_version, language })),
	data: () => read<StoredData>('/privacy/data'),
	/** `kind` is the beginning of the kinds wanted: `consent`, say. */
	events: (kind?: string, before?: string) =>
		list<'events', LogEvent>(`/privacy/events?${older(before, kind ? { kind } : {})}`, 'events'),
	disclosures: (before?: string) =>
		list<'disclosures', Disclosure>(`/privacy/disclosures?${older(before)}`, 'disclosures'),
	accesses: (home: string, before?: string) =>
		list<'accesses', Access>(`/homes/${encodeURIComponent(home)}/access-history?${older(before)}`, 'accesses'),
	cancelAccount: (password: string) => send('/account', json('DELETE', { password }))
};

/** Addresses that the browser itself fetches. */
export const receiptUrl = (event: string): string => `${BASE}/privacy/receipts/${encodeURIComponent(event)}`;
export const checkpointUrl = `${BASE}/log/checkpoint`;
