import { i18n } from '$lib/i18n/index.svelte';

/** 1970-01-05 was a Monday. */
const MONDAY = Date.UTC(1970, 0, 5);

/** The name of a day of the week; Monday is 0. */
export const dayName = (day: number, weekday: 'long' | 'short'): string =>
	new Intl.DateTimeFormat(i18n.language, { weekday, timeZone: 'UTC' }).format(MONDAY + day * 86_400_000);
