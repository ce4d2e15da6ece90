/** An HLS media playlist of recorded video (RFC 8216), as a table between play time and wall clock. */

export interface Part {
	url: string;
	/** Address of the initialisation segment that this part needs. */
	map: string;
	/** Seconds from the playlist's start. */
	start: number;
	seconds: number;
	/** Wall clock of its first picture, ms. */
	wall: number;
	/** What came before does not join on: a gap, or other parameters. */
	discontinuity: boolean;
}

export interface Playlist {
	parts: Part[];
	seconds: number;
	/** Every part begins with a key picture. */
	independent: boolean;
}

export function parsePlaylist(text: string, base: string): Playlist {
	const playlist: Playlist = { parts: [], seconds: 0, independent: false };
	let map = '';
	let seconds = 0;
	let wall: number | undefined;
	let discontinuity = false;
	for (const raw of text.split('\n')) {
		const line = raw.trim();
		if (line.startsWith('#EXT-X-MAP:')) {
			const uri = /URI="([^"]+)"/.exec(line)?.[1];
			if (uri !== undefined) map = new URL(uri, base).href;
		} else if (line.startsWith('#EXTINF:')) {
			seconds = Number.parseFloat(line.slice('#EXTINF:'.length)) || 0;
		} else if (line.startsWith('#EXT-X-PROGRAM-DATE-TIME:')) {
			const at = Date.parse(line.slice('#EXT-X-PROGRAM-DATE-TIME:'.length));
			if (!Number.isNaN(at)) wall = at;
		} else if (line === '#EXT-X-DISCONTINUITY') {
			discontinuity = true;
		} else if (line === '#EXT-X-INDEPENDENT-SEGMENTS') {
			playlist.independent = true;
		} else if (line !== '' && !line.startsWith('#')) {
			const before = playlist.parts.at(-1);
			playlist.parts.push({
				url: new URL(line, base).href,
				map,
				start: playlist.seconds,
				seconds,
				wall: wall ?? (before ? before.wall + before.seconds * 1000 : 0),
				discontinuity: discontinuity && before !== undefined
			});
			playlist.seconds += seconds;
			wall = undefined;
			discontinuity = false;
		}
	}
	return playlist;
}

/** Index of the last part for which `key` is not after `value`; -1 before the first. */
function lastAtOrBefore(parts: Part[], value: number, key: (part: Part) => number): number {
	let low = 0;
	let high = parts.length;
	while (low < high) {
		const middle = (low + high) >>> 1;
		if (key(parts[middle] as Part) <= value) low = middle + 1;
		else high = middle;
	}
	return low - 1;
}

/** Wall clock (ms) of a play time (s). */
export function wallOf({ parts }: Playlist, time: number): number {
	const part =
		parts[
			Math.max(
				0,
				lastAtOrBefore(parts, time, (p) => p.start)
			)
		];
	return part ? part.wall + (time - part.start) * 1000 : 0;
}

/** Play time (s) of a wall clock (ms). An instant in a gap means the first picture after it. */
export function timeOf({ parts, seconds }: Playlist, wall: number): number {
	const index = lastAtOrBefore(parts, wall, (p) => p.wall);
	const part = parts[index];
	if (!part) return 0;
	const into = (wall - part.wall) / 1000;
	if (into < part.seconds) return part.start + into;
	return parts[index + 1]?.start ?? seconds;
}

/** Index of the part that holds a play time. */
export function partAt({ parts }: Playlist, time: number): number {
	return Math.max(
		0,
		lastAtOrBefore(parts, time, (p) => p.start)
	);
}
