import type { Window } from '$lib/time/window';
import { type Mark, recording } from './api';
import { windowsOf } from './marks';

/** Something that has just happened shows this soon. */
const REFRESH_MS = 10_000;

/** What happened on the day that is shown, kept fresh while that day lasts. Without it the timeline is as good as before. */
export class MarkStore {
	value = $state.raw<Mark[]>([]);

	/** Follows one camera's day until the returned function is called. */
	follow(camera: string, day: Window): () => void {
		const abort = new AbortController();
		const ask = () =>
			recording.events(camera, day.from, day.to, abort.signal).then(
				(events) => (this.value = events),
				() => {}
			);
		this.value = [];
		void ask();
		const timer = setInterval(() => {
			if (Date.now() < day.to && !document.hidden) void ask();
		}, REFRESH_MS);
		return () => {
			clearInterval(timer);
			abort.abort();
		};
	}

	windows(now: number): Window[] {
		return windowsOf(this.value, now);
	}
}
