import { wordsOf } from '$lib/i18n/index.svelte';
import { app } from '$lib/state/app.svelte';

export const ssr = false;

/** Runs before every page: who is here is asked once, and each page brings its words. */
export async function load({ route }) {
	const asked = app.start();
	await Promise.all([asked, wordsOf(route.id)]);
}
