import { untrack } from 'svelte';
import { manage } from '$lib/api/manage';
import { Problem } from '$lib/api/problem';
import { type Coverage, coverageOf } from '$lib/time/coverage';
import type { Window } from '$lib/time/window';

/** A growing recording is drawn ahead by the clock; this is how often the server's word replaces the guess. */
const REFRESH_MS = 20_000;

/** What was recorded on the day that is shown, kept fresh while that day lasts. */
export class CoverageStore {
	value = $state.raw<Coverage>();
	problem = $state.raw<Problem>();
	#camera = '';
	#ask: () => void = () => {};

	/** Follows one camera's day until the returned function is called. */
	follow(camera: string, day: Window): () => void {
		const abort = new AbortController();
		// The same day, an hour longer, keeps what is known of it until more is.
		if (camera !== this.#camera || untrack(() => this.value)?.window.from !== day.from) this.value = undefined;
		this.#camera = camera;
		this.problem = undefined;
		this.#ask = () => {
			const asked = Date.now();
			manage.timeline(camera, day.from, day.to, abort.signal).then(
				(answer) => {
					this.value = coverageOf(answer, asked);
					this.problem = undefined;
				},
				(error) => {
					if (!abort.signal.aborted) this.problem = Problem.from(error);
				}
			);
		};
		this.#ask();
		const timer = setInterval(() => {
			if (Date.now() < day.to && !document.hidden) this.#ask();
		}, REFRESH_MS);
		return () => {
			clearInterval(timer);
			abort.abort();
			this.#ask = () => {};
		};
	}

	refresh(): void {
		this.#ask();
	}
}
