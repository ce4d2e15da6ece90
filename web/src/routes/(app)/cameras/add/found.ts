import type { FoundCamera } from '$lib/api/types';
import { t } from '$lib/i18n/index.svelte';

/** What a camera that answered is called: the name it was given, its model, or where it is. */
export const nameOf = (found: FoundCamera): string =>
	found.name || found.model || found.make || t('find.unnamed', { address: found.addresses[0] ?? '' });
