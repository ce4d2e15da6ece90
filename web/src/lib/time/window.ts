/** The stretch of time that a timeline shows, in ms. All functions are pure. */
export interface Window {
	from: number;
	to: number;
}

export const SPAN_MS_MIN = 60_000;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Midnight before `ms`, local time. */
export function startOfDay(ms: number): number {
	const at = new Date(ms);
	return new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime();
}

/** The local day that holds `ms`: 23, 24 or 25 hours long. */
export function dayOf(ms: number): Window {
	const at = new Date(ms);
	const [year, month, date] = [at.getFullYear(), at.getMonth(), at.getDate()];
	return { from: new Date(year, month, date).getTime(), to: new Date(year, month, date + 1).getTime() };
}

/**
 * What a timeline of the day that holds `at` can be moved about in. Today ends soon after `now`, as there is nothing to
 * see beyond, and reaches back past midnight in its first hours, as that is where the last hours are.
 */
export function boundsOf(at: number, now: number): Window {
	const day = dayOf(at);
	if (now >= day.to || now < day.from) return day;
	const hour = day.from + Math.floor((now - day.from) / HOUR) * HOUR;
	return { from: Math.min(day.from, hour - 3 * HOUR), to: Math.min(day.to, hour + 2 * HOUR) };
}

/** The same window moved and, if it must, shortened, so that it lies within `bounds`. */
export function clamp(window: Window, bounds: Window): Window {
	const span = Math.min(window.to - window.from, bounds.to - bounds.from);
	const from = Math.min(Math.max(window.from, bounds.from), bounds.to - span);
	return { from, to: from + span };
}

/** Scales by `factor` (above 1 shows less) and keeps `around` where it is. */
export function zoom(window: Window, factor: number, around: number, bounds: Window): Window {
	const span = window.to - window.from;
	const next = Math.min(Math.max(span / factor, SPAN_MS_MIN), bounds.to - bounds.from);
	const share = (around - window.from) / span;
	const from = around - share * next;
	return clamp({ from, to: from + next }, bounds);
}

/** Moves just enough to show `at`, with a tenth of the window to spare. */
export function reveal(window: Window, at: number, bounds: Window): Window {
	const span = window.to - window.from;
	const margin = span / 10;
	if (at < window.from + margin) return clamp({ from: at - margin, to: at - margin + span }, bounds);
	if (at > window.to - margin) return clamp({ from: at + margin - span, to: at + margin }, bounds);
	return window;
}

const STEPS = [
	5_000,
	10_000,
	15_000,
	30_000,
	MINUTE,
	2 * MINUTE,
	5 * MINUTE,
	10 * MINUTE,
	15 * MINUTE,
	30 * MINUTE,
	HOUR,
	2 * HOUR,
	3 * HOUR,
	4 * HOUR,
	6 * HOUR
];

/** Instants at round local times, not closer than `gapPx` on a timeline `widthPx` wide, and the step between them. */
export function ticks(window: Window, widthPx: number, gapPx: number): { step: number; at: number[] } {
	const wanted = ((window.to - window.from) / Math.max(1, widthPx)) * gapPx;
	const step = STEPS.find((s) => s >= wanted) ?? (STEPS.at(-1) as number);
	const origin = startOfDay(window.from);
	const at: number[] = [];
	for (let t = origin + Math.ceil((window.from - origin) / step) * step; t <= window.to; t += step) at.push(t);
	return { step, at };
}
