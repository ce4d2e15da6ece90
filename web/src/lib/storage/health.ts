import type { StoragePlace } from '$lib/api/types';
import { t } from '$lib/i18n/index.svelte';

/** What people call a place of footage. */
export const nameOf = (place: StoragePlace): string => (place.id === undefined ? t('storage.own') : place.name);

/** How it is, in words. */
export const healthOf = (place: StoragePlace): string => t(`storage.health.${place.health}`);

/** What to do about it, where there is something to do. */
export const remedyOf = (place: StoragePlace): string | undefined =>
	place.health === 'ok' ? undefined : t(`storage.remedy.${place.health}`);
