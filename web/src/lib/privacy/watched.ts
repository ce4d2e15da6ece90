/** Folds single accesses into what a person would say: "Mum watched Front door, 3 min". */
import type { Access } from '$lib/api/privacy';

/** A pause of less than this inside the same viewing is not worth two sentences. */
const PAUSE_MS = 2 * 60_000;

export interface Watched {
	/** Stays the same while older accesses are added. */
	key: string;
	who: Access['who'];
	camera: string;
	cameraName: string | undefined;
	how: Access['how'];
	/** The key of other software that watched. */
	keyName: string | undefined;
	from: number;
	to: number;
	/** Time during which it was really on the screen: overlaps count once, pauses not at all. */
	seconds: number;
	/** How many accesses it is made of. */
	times: number;
	/** It is going on. */
	now: boolean;
}

interface Span {
	access: Access;
	from: number;
	to: number;
}

function open({ access, from, to }: Span): Watched {
	return {
		key: '',
		who: access.who,
		camera: access.camera_id,
		cameraName: access.camera_name,
		how: access.how,
		keyName: access.key_name,
		from,
		to,
		seconds: (to - from) / 1000,
		times: 1,
		now: access.until === undefined
	};
}

/** `now` in ms ends what is still going on. Gives the latest first. */
export function fold(accesses: readonly Access[], now: number): Watched[] {
	const spans = accesses
		.map((access): Span => {
			const from = Date.parse(access.at);
			const until = access.until === undefined ? now : Date.parse(access.until);
			return { access, from, to: Math.max(from, until) };
		})
		.sort((a, b) => a.from - b.from);
	const running = new Map<string, Watched>();
	const all: Watched[] = [];
	for (const span of spans) {
		const { access, from, to } = span;
		const of = [access.who.subject_id, access.camera_id, access.how, access.key_name].join(' ');
		const last = running.get(of);
		if (last && from - last.to < PAUSE_MS) {
			last.seconds += Math.max(0, to - Math.max(from, last.to)) / 1000;
			last.to = Math.max(last.to, to);
			last.times += 1;
			last.now ||= access.until === undefined;
			// A camera keeps the name it has now.
			last.cameraName = access.camera_name ?? last.cameraName;
			continue;
		}
		const next = open(span);
		running.set(of, next);
		all.push(next);
	}
	for (const one of all)
		one.key = [one.who.subject_id, one.camera, one.how, one.keyName, one.now ? 'now' : one.to].join(' ');
	return all.sort((a, b) => b.to - a.to || b.from - a.from);
}

/** Which sentence tells it, of the family `privacy.access.`; `n` in it is the number of times. */
export function phraseOf({ how, times, now }: Pick<Watched, 'how' | 'times' | 'now'>) {
	if (how === 'live') return now ? 'now' : 'live';
	if (how === 'stream') return 'stream';
	if (how === 'playback') return 'playback';
	if (how === 'download') return times === 1 ? 'download' : 'downloads';
	if (how === 'snapshot') return times === 1 ? 'snapshot' : 'snapshots';
	return 'other';
}

/** Shorter than this, a length says nothing. */
const LENGTH_S_MIN = 1;

/** For how long it was on the screen, where that is worth saying: in seconds, from a minute on in whole minutes. */
export function lengthOf({ how, seconds }: Pick<Watched, 'how' | 'seconds'>): number | undefined {
	if ((how !== 'live' && how !== 'stream' && how !== 'playback') || seconds < LENGTH_S_MIN) return undefined;
	return seconds < 60 ? Math.round(seconds) : Math.round(seconds / 60) * 60;
}

export interface Day<Item> {
	/** Its beginning, local, in ms. */
	day: number;
	items: Item[];
}

/** Groups by local day, in the order given. */
export function byDay<Item>(items: readonly Item[], at: (item: Item) => number): Day<Item>[] {
	const days: Day<Item>[] = [];
	for (const item of items) {
		const day = new Date(at(item)).setHours(0, 0, 0, 0);
		const last = days.at(-1);
		if (last?.day === day) last.items.push(item);
		else days.push({ day, items: [item] });
	}
	return days;
}
