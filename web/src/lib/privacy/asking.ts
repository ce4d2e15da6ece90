import { type Outcome, withConsent } from '$lib/api/consent';
import { desk } from '$lib/state/consent.svelte';

/** Does something, and asks for the consents that it turns out to need. */
export const asking = <T>(act: () => Promise<T>): Promise<Outcome<T>> => withConsent(act, desk.ask);
