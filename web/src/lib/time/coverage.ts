import type { GapCause, TimelineAnswer } from '../api/types';
import type { Window } from './window';

export type Gap = Window & { cause: GapCause };

/** What a timeline knows of a stretch of time, in ms. */
export interface Coverage {
	window: Window;
	spans: Window[];
	gaps: Gap[];
	/** What of the spans came from the camera afterwards. */
	fetched: Window[];
	/** The newest span still grows. */
	open: boolean;
	/** When the server said so. */
	asked: number;
}

export function coverageOf(answer: TimelineAnswer, asked: number): Coverage {
	const window = (span: { from: string; to: string }) => ({ from: Date.parse(span.from), to: Date.parse(span.to) });
	return {
		window: window(answer),
		spans: answer.spans.map(window),
		gaps: answer.gaps.map((gap) => ({ ...window(gap), cause: gap.cause })),
		fetched: answer.fetched.map(window),
		open: answer.open,
		asked
	};
}

/** The spans as of `now`: while recording, the newest has grown since the server was asked. */
export function grown(coverage: Coverage, now: number): Window[] {
	const last = coverage.spans.at(-1);
	if (!coverage.open || !last || now <= last.to) return coverage.spans;
	return [...coverage.spans.slice(0, -1), { from: last.from, to: now }];
}

const within = (window: Window, at: number) => at >= window.from && at < window.to;

/** Whether there is a recording of this instant, and if not, why. */
export function stateAt(coverage: Coverage, at: number, now: number): 'recorded' | 'future' | GapCause {
	if (grown(coverage, now).some((span) => within(span, at))) return 'recorded';
	if (at >= now) return 'future';
	return coverage.gaps.find((gap) => within(gap, at))?.cause ?? 'unknown';
}

/** Whether the recording of this instant came from the camera after it could be reached again. */
export const fetchedAt = (coverage: Coverage, at: number): boolean => coverage.fetched.some((span) => within(span, at));

/** The instant itself where it was recorded, else the start of the next recording; `undefined` when none follows. */
export function nextRecorded(coverage: Coverage, at: number, now: number): number | undefined {
	const span = grown(coverage, now).find((s) => s.to > at);
	return span && Math.max(at, span.from);
}

/** Recorded seconds within a range. */
export function recordedSeconds(coverage: Coverage, range: Window, now: number): number {
	const ms = grown(coverage, now).reduce(
		(sum, span) => sum + Math.max(0, Math.min(span.to, range.to) - Math.max(span.from, range.from)),
		0
	);
	return ms / 1000;
}
