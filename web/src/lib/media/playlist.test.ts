import { describe, expect, it } from 'vitest';
import { parsePlaylist, partAt, timeOf, wallOf } from './playlist';

const BASE = 'http://server/api/v1/cameras/c1/playback.m3u8?from=a&to=b';
const START = Date.parse('2026-11-23T10:00:00Z');
/** Two segments, an hour without a recording between them. */
const TEXT = `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:4
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MAP:URI="playback/s1/init.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-11-23T10:00:00.000Z
#EXTINF:4.0,
playback/s1/0-7.m4s
#EXTINF:2.5,
playback/s1/8-12.m4s
#EXT-X-DISCONTINUITY
#EXT-X-MAP:URI="playback/s2/init.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-11-23T11:00:00.000Z
#EXTINF:4.0,
playback/s2/0-7.m4s
#EXT-X-ENDLIST
`;
const playlist = parsePlaylist(TEXT, BASE);

describe('parsePlaylist', () => {
	it('reads parts with their addresses, times and initialisation segments', () => {
		expect(playlist.parts).toHaveLength(3);
		expect(playlist.parts[1]).toEqual({
			url: 'http://server/api/v1/cameras/c1/playback/s1/8-12.m4s',
			map: 'http://server/api/v1/cameras/c1/playback/s1/init.mp4',
			start: 4,
			seconds: 2.5,
			wall: START + 4000,
			discontinuity: false
		});
		expect(playlist.parts[2]).toMatchObject({ start: 6.5, wall: START + 3600_000, discontinuity: true });
		expect(playlist).toMatchObject({ seconds: 10.5, independent: true });
	});

	it('reads an empty playlist as one without parts', () => {
		expect(parsePlaylist('#EXTM3U\n#EXT-X-ENDLIST\n', BASE)).toEqual({ parts: [], seconds: 0, independent: false });
	});
});

describe('wall clock and play time', () => {
	it('map onto each other within a run', () => {
		expect(wallOf(playlist, 5)).toBe(START + 5000);
		expect(timeOf(playlist, START + 5000)).toBe(5);
	});

	it('jump over a gap', () => {
		expect(wallOf(playlist, 7.5)).toBe(START + 3600_000 + 1000);
		expect(timeOf(playlist, START + 3600_000 + 1000)).toBe(7.5);
	});

	it('take an instant in a gap for the first picture after it', () => {
		expect(timeOf(playlist, START + 1800_000)).toBe(6.5);
	});

	it('stay within the playlist at its ends', () => {
		expect(timeOf(playlist, START - 1000)).toBe(0);
		expect(timeOf(playlist, START + 7200_000)).toBe(10.5);
	});

	it('name the part that holds a play time', () => {
		expect([0, 3.9, 4, 6.4, 6.5, 99].map((time) => partAt(playlist, time))).toEqual([0, 0, 1, 1, 2, 2]);
	});
});
