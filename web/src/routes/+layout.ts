import { app } from '$lib/state/app.svelte';

export const ssr = false;

export const load = () => app.start();
