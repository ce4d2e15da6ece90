import { createSubscriber } from 'svelte/reactivity';

/** Now, in ms, moving once every `stepMs` for as long as something on the page reads it. */
function ticking(stepMs: number): { readonly now: number } {
	const subscribe = createSubscriber((update) => {
		const timer = setInterval(update, stepMs);
		return () => clearInterval(timer);
	});
	return {
		get now() {
			subscribe();
			return Date.now();
		}
	};
}

export const everySecond = ticking(1000);
/** For words such as "5 minutes ago". */
export const everyTenSeconds = ticking(10_000);
