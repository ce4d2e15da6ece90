import { i18n } from './index.svelte';

const cache = new Map<string, Intl.DateTimeFormat | Intl.NumberFormat>();

function dates(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
	const key = `d${i18n.language}${JSON.stringify(options)}`;
	let format = cache.get(key) as Intl.DateTimeFormat | undefined;
	if (!format) cache.set(key, (format = new Intl.DateTimeFormat(i18n.language, { hourCycle: 'h23', ...options })));
	return format;
}

function numbers(options: Intl.NumberFormatOptions): Intl.NumberFormat {
	const key = `n${i18n.language}${JSON.stringify(options)}`;
	let format = cache.get(key) as Intl.NumberFormat | undefined;
	if (!format) cache.set(key, (format = new Intl.NumberFormat(i18n.language, options)));
	return format;
}

type Unit = 'second' | 'minute' | 'hour' | 'day';
const unit = (value: number, name: string, digits = 0) =>
	numbers({ style: 'unit', unit: name, unitDisplay: 'long', maximumFractionDigits: digits }).format(value);

/** 13:05:09, local. */
export const clock = (ms: number): string =>
	dates({ hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(ms);
/** 13:05, local. */
export const clockShort = (ms: number): string => dates({ hour: '2-digit', minute: '2-digit' }).format(ms);
/** The day, without the time. */
export const day = (ms: number): string => dates({ month: 'long', day: 'numeric', weekday: 'short' }).format(ms);
export const date = (ms: number): string => dates({ year: 'numeric', month: 'long', day: 'numeric' }).format(ms);
export const dateClock = (ms: number): string =>
	dates({
		year: 'numeric',
		month: 'long',
		day: 'numeric',
		hour: '2-digit',
		minute: '2-digit',
		second: '2-digit'
	}).format(ms);

/** "5 minutes ago", in one unit; "now" under ten seconds. */
export function ago(ms: number, now: number): string {
	const seconds = Math.max(0, Math.round((now - ms) / 1000));
	const format = new Intl.RelativeTimeFormat(i18n.language, { numeric: 'auto' });
	if (seconds < 10) return format.format(0, 'second');
	const [value, name]: [number, Unit] =
		seconds < 60
			? [seconds, 'second']
			: seconds < 3600
				? [Math.floor(seconds / 60), 'minute']
				: seconds < 86_400
					? [Math.floor(seconds / 3600), 'hour']
					: [Math.floor(seconds / 86_400), 'day'];
	return format.format(-value, name);
}

/** "1 hour 2 minutes": the two largest units. */
export function duration(seconds: number): string {
	const whole = Math.max(0, Math.round(seconds));
	const parts: [number, Unit][] = [
		[Math.floor(whole / 86_400), 'day'],
		[Math.floor((whole % 86_400) / 3600), 'hour'],
		[Math.floor((whole % 3600) / 60), 'minute'],
		[whole % 60, 'second']
	];
	const first = parts.findIndex(([value]) => value > 0);
	if (first < 0) return unit(0, 'second');
	const shown = parts.slice(first, first + 2).filter(([value]) => value > 0);
	return shown.map(([value, name]) => unit(value, name)).join(i18n.language === 'en' ? ' ' : '');
}

/** "a, b and c". */
export const listed = (items: readonly string[]): string =>
	new Intl.ListFormat(i18n.language, { type: 'conjunction' }).format(items);

export const seconds = (value: number): string => unit(value, 'second', 1);
export const days = (value: number): string => unit(Math.floor(value), 'day');
export const milliseconds = (value: number): string =>
	numbers({ style: 'unit', unit: 'millisecond', maximumFractionDigits: 0 }).format(value);
export const percent = (value: number): string =>
	numbers({ style: 'percent', maximumFractionDigits: 1 }).format(value / 100);
export const fps = (value: number): string => `${numbers({ maximumFractionDigits: 0 }).format(value)} fps`;

export function bytes(value: number): string {
	const units = ['kilobyte', 'megabyte', 'gigabyte', 'terabyte'];
	let size = value / 1000;
	let step = 0;
	while (size >= 1000 && step < units.length - 1) {
		size /= 1000;
		step += 1;
	}
	return numbers({
		style: 'unit',
		unit: units[step] as string,
		maximumFractionDigits: size < 10 && step > 0 ? 1 : 0
	}).format(size);
}

export const bitrate = (bps: number): string =>
	bps >= 1e6
		? `${numbers({ maximumFractionDigits: 1 }).format(bps / 1e6)} Mbit/s`
		: `${numbers({ maximumFractionDigits: 0 }).format(bps / 1e3)} kbit/s`;
