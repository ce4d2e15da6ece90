import type { Coverage, Gap } from './coverage';
import { grown } from './coverage';
import { ticks, type Window } from './window';

export interface Paint {
	track: string;
	recorded: string;
	hatch: string;
	tick: string;
	text: string;
	selected: string;
}

export interface Scene {
	window: Window;
	coverage: Coverage | undefined;
	/** When something happened. */
	marks: readonly Window[];
	now: number;
	clip: Window | undefined;
	/** What to write into a gap that is wide enough. */
	gapLabel: (cause: Gap['cause'] | 'future') => string;
	tickLabel: (at: number, step: number) => string;
}

export const TRACK_TOP = 8;
export const TRACK_HEIGHT = 36;
const TICK_GAP_PX = 84;
const LABEL_Y = TRACK_TOP + TRACK_HEIGHT + 18;

/** Pixel of an instant. */
export const xOf = (window: Window, width: number, at: number): number =>
	((at - window.from) / (window.to - window.from)) * width;
/** Instant of a pixel. */
export const atOf = (window: Window, width: number, x: number): number =>
	window.from + (x / width) * (window.to - window.from);

/** Stretches in pixels, those that touch on the screen made one: ten thousand spans cost as much as the pixels show. */
export function merged(spans: readonly Window[], window: Window, width: number): [number, number][] {
	const out: [number, number][] = [];
	for (const span of spans) {
		if (span.to <= window.from || span.from >= window.to) continue;
		const from = Math.max(0, xOf(window, width, span.from));
		const to = Math.min(width, Math.max(from + 1, xOf(window, width, span.to)));
		const last = out.at(-1);
		if (last && from - last[1] < 1) last[1] = Math.max(last[1], to);
		else out.push([from, to]);
	}
	return out;
}

export function draw(
	context: CanvasRenderingContext2D,
	width: number,
	height: number,
	scene: Scene,
	paint: Paint
): void {
	const { window, coverage, now } = scene;
	context.clearRect(0, 0, width, height);
	context.fillStyle = paint.track;
	context.beginPath();
	context.roundRect(0, TRACK_TOP, width, TRACK_HEIGHT, 6);
	context.fill();

	if (coverage) {
		context.fillStyle = paint.recorded;
		for (const [from, to] of merged(grown(coverage, now), window, width)) {
			context.beginPath();
			context.roundRect(from, TRACK_TOP, to - from, TRACK_HEIGHT, Math.min(3, (to - from) / 2));
			context.fill();
		}
		// What was fetched afterwards is underlined.
		context.fillStyle = paint.text;
		for (const [from, to] of merged(coverage.fetched, window, width))
			context.fillRect(from, TRACK_TOP + TRACK_HEIGHT - 4, to - from, 2);
		for (const gap of coverage.gaps) drawGap(context, width, scene, paint, { ...gap, to: Math.min(gap.to, now) });
	}
	drawGap(context, width, scene, paint, { from: now, to: window.to, cause: 'future' });
	drawMarks(context, width, scene, paint);
	drawClip(context, width, scene, paint);
	drawTicks(context, width, scene, paint);
}

function drawGap(
	context: CanvasRenderingContext2D,
	width: number,
	{ window, gapLabel }: Scene,
	paint: Paint,
	gap: Window & { cause: Gap['cause'] | 'future' }
): void {
	const from = Math.max(0, xOf(window, width, gap.from));
	const to = Math.min(width, xOf(window, width, gap.to));
	if (to - from < 3) return;
	context.save();
	context.beginPath();
	context.rect(from, TRACK_TOP, to - from, TRACK_HEIGHT);
	context.clip();
	drawPattern(context, paint, gap.cause, from, to);
	const label = gapLabel(gap.cause);
	const labelWidth = context.measureText(label).width;
	if (labelWidth + 20 < to - from) {
		const middle = (from + to) / 2;
		context.fillStyle = paint.track;
		context.fillRect(middle - labelWidth / 2 - 6, TRACK_TOP + 8, labelWidth + 12, TRACK_HEIGHT - 16);
		context.fillStyle = paint.text;
		context.textAlign = 'center';
		context.fillText(label, middle, TRACK_TOP + TRACK_HEIGHT / 2 + 4);
	}
	context.restore();
}

/** The cause shows by pattern as well as by word: what was lost is hatched or crossed, what nobody wanted is lined or dotted. */
function drawPattern(
	context: CanvasRenderingContext2D,
	paint: Paint,
	cause: Gap['cause'] | 'future',
	from: number,
	to: number
): void {
	const [top, bottom] = [TRACK_TOP, TRACK_TOP + TRACK_HEIGHT];
	context.strokeStyle = context.fillStyle = paint.hatch;
	context.lineWidth = 1;
	context.beginPath();
	const slanted = (step: number, lean: number) => {
		for (let x = from - TRACK_HEIGHT - (from % step); x < to + TRACK_HEIGHT; x += step) {
			context.moveTo(x, bottom);
			context.lineTo(x + lean, top);
		}
	};
	const level = (step: number) => {
		for (let y = top + step; y < bottom; y += step) {
			context.moveTo(from, y);
			context.lineTo(to, y);
		}
	};
	if (cause === 'offline') slanted(8, TRACK_HEIGHT);
	else if (cause === 'lost' || cause === 'disk') {
		slanted(8, TRACK_HEIGHT);
		slanted(8, -TRACK_HEIGHT);
		if (cause === 'disk') level(9);
	} else if (cause === 'privacy') level(6);
	else if (cause === 'off') slanted(10, 0);
	else if (cause === 'quiet')
		for (let x = from + 6 - (from % 12); x < to; x += 12)
			for (let y = top + 6; y < bottom; y += 12) context.rect(x, y, 1.5, 1.5);
	context.stroke();
}

/** A flag above the track for each thing that happened, as long as it lasted. */
function drawMarks(context: CanvasRenderingContext2D, width: number, { window, marks }: Scene, paint: Paint): void {
	context.fillStyle = paint.selected;
	for (const [from, to] of merged(marks, window, width)) {
		const wide = Math.max(3, to - from);
		context.fillRect(from, TRACK_TOP - 6, wide, 4);
		context.fillRect(from, TRACK_TOP - 6, 1.5, TRACK_HEIGHT + 6);
	}
}

function drawClip(context: CanvasRenderingContext2D, width: number, { window, clip }: Scene, paint: Paint): void {
	if (!clip) return;
	const from = xOf(window, width, clip.from);
	const to = xOf(window, width, clip.to);
	context.fillStyle = paint.selected;
	context.globalAlpha = 0.45;
	context.fillRect(from, TRACK_TOP, Math.max(2, to - from), TRACK_HEIGHT);
	context.globalAlpha = 1;
}

function drawTicks(context: CanvasRenderingContext2D, width: number, scene: Scene, paint: Paint): void {
	const { step, at } = ticks(scene.window, width, TICK_GAP_PX);
	context.fillStyle = paint.text;
	for (const instant of at) {
		const x = xOf(scene.window, width, instant);
		context.fillStyle = paint.tick;
		context.fillRect(Math.round(x), TRACK_TOP + TRACK_HEIGHT, 1, 5);
		context.fillStyle = paint.text;
		const label = scene.tickLabel(instant, step);
		const half = context.measureText(label).width / 2;
		context.textAlign = 'center';
		context.fillText(label, Math.min(Math.max(x, half), width - half), LABEL_Y);
	}
}
