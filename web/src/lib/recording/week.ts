/** A week of hours as the server writes it: 168 letters from Monday's first hour on. */
export type HourMode = 'c' | 'e' | '-';
export const MODES: readonly HourMode[] = ['c', 'e', '-'];
export const DAYS = 7;
export const HOURS = 24;

export const modeAt = (week: string, day: number, hour: number): HourMode =>
	(week[day * HOURS + hour] as HourMode | undefined) ?? 'c';

/** Sets a rectangle of hours, whichever corner comes first. */
export function paint(week: string, a: [number, number], b: [number, number], mode: HourMode): string {
	const [days, hours] = [0, 1].map((axis) => [
		Math.min(a[axis] ?? 0, b[axis] ?? 0),
		Math.max(a[axis] ?? 0, b[axis] ?? 0)
	]);
	const [firstDay = 0, lastDay = 0] = days ?? [];
	const [firstHour = 0, lastHour = 0] = hours ?? [];
	return [...week]
		.map((letter, at) => {
			const [day, hour] = [Math.floor(at / HOURS), at % HOURS];
			return day >= firstDay && day <= lastDay && hour >= firstHour && hour <= lastHour ? mode : letter;
		})
		.join('');
}

export interface Run {
	day: number;
	/** First hour, and the one after the last. */
	from: number;
	to: number;
	mode: HourMode;
}

/** Each day as runs of the same mode: what a list says and a screen reader reads. */
export function runs(week: string): Run[] {
	const out: Run[] = [];
	for (let day = 0; day < DAYS; day += 1)
		for (let hour = 0; hour < HOURS; hour += 1) {
			const mode = modeAt(week, day, hour);
			const last = out.at(-1);
			if (last?.day === day && last.mode === mode) last.to = hour + 1;
			else out.push({ day, from: hour, to: hour + 1, mode });
		}
	return out;
}
