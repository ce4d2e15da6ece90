import { Problem } from './problem';

export type Outcome<T> = { done: true; value: T } | { done: false };

/** An act needs at most this many consents; more means that server and page misunderstand each other. */
const CONSENTS_MAX = 4;

/**
 * Does something that may need a consent. Where the server says so, `ask` asks the person, and what was refused is
 * tried again. Not done: the person said "not now", and nothing was changed.
 */
export async function withConsent<T>(
	act: () => Promise<T>,
	ask: (purpose: string) => Promise<boolean>
): Promise<Outcome<T>> {
	const given = new Set<string>();
	for (;;) {
		try {
			return { done: true, value: await act() };
		} catch (error) {
			const { code, purpose } = Problem.from(error);
			const known = purpose === undefined || given.has(purpose) || given.size >= CONSENTS_MAX;
			if (code !== 'consent.needed' || known) throw error;
			if (!(await ask(purpose))) return { done: false };
			given.add(purpose);
		}
	}
}
