import type { Window } from '$lib/time/window';
import type { Mark } from './api';

const KINDS = ['motion', 'object', 'input', 'doorbell', 'tamper'] as const;
export type Kind = (typeof KINDS)[number] | 'other';

/** A newer server may know kinds that this page has no words for. */
export const kindOf = (kind: string): Kind => KINDS.find((known) => known === kind) ?? 'other';

/** Where marks stand on a timeline; one that goes on reaches to now. */
export const windowsOf = (marks: readonly Mark[], now: number): Window[] =>
	marks.map(({ from, to }) => ({ from: Date.parse(from), to: to ? Date.parse(to) : now }));
