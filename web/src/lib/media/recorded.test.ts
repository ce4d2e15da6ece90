// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Problem } from '../api/problem';
import { RecordedPlayer, type RecordedEngine, WINDOW_MS } from './recorded';

const NOW = Date.parse('2026-11-23T12:00:00Z');
const MINUTE = 60_000;

/** A server that has recorded everything up to `until`, in parts of ten seconds. */
function playlist(from: number, to: number, until: number): string {
	let text = '#EXTM3U\n#EXT-X-MAP:URI="playback/s/init.mp4"\n';
	for (let at = Math.floor(from / 10_000) * 10_000; at < Math.min(to, until); at += 10_000) {
		text += `#EXT-X-PROGRAM-DATE-TIME:${new Date(at).toISOString()}\n#EXTINF:10,\nplayback/s/${at}-${at}.m4s\n`;
	}
	return `${text}#EXT-X-ENDLIST\n`;
}

function rig(options: { until?: number; answer?: () => Response } = {}) {
	const video = document.createElement('video');
	let time = 0;
	Object.defineProperty(video, 'currentTime', { get: () => time, set: (value: number) => (time = value) });
	const asked: [number, number][] = [];
	const engines: { opened: number; seeks: number[]; closed: boolean }[] = [];
	const caughtUp = vi.fn();
	const problems: Problem[] = [];
	const player = new RecordedPlayer({
		video,
		playlistUrl: (from, to) => {
			asked.push([from, to]);
			return '/api/v1/cameras/c1/playback.m3u8';
		},
		onCaughtUp: caughtUp,
		onProblem: (problem) => problems.push(problem),
		now: () => NOW,
		fetch: async () => {
			const [from, to] = asked.at(-1) as [number, number];
			return options.answer?.() ?? new Response(playlist(from, to, options.until ?? NOW));
		},
		newEngine: () => {
			const engine = { opened: -1, seeks: [] as number[], closed: false };
			engines.push(engine);
			return {
				open: (_, __, at) => (engine.opened = video.currentTime = at),
				seek: (at) => {
					engine.seeks.push(at);
					video.currentTime = at;
				},
				close: () => (engine.closed = true)
			} satisfies RecordedEngine;
		}
	});
	return { player, video, asked, engines, caughtUp, problems };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('RecordedPlayer', () => {
	it('asks for a window from the wished instant, never beyond now', async () => {
		const { player, asked } = rig();
		await player.seek(NOW - 10 * MINUTE);
		await player.seek(NOW - 300 * MINUTE);
		expect(asked).toEqual([
			[NOW - 10 * MINUTE, NOW],
			[NOW - 300 * MINUTE, NOW - 300 * MINUTE + WINDOW_MS]
		]);
	});

	it('begins at the instant, though the first part begins before it', async () => {
		const { player, engines } = rig();
		await player.seek(NOW - 10 * MINUTE + 3000);
		expect(engines[0]?.opened).toBe(3);
		expect(player.time).toBe(NOW - 10 * MINUTE + 3000);
	});

	it('seeks within the window without another playlist', async () => {
		const { player, asked, engines } = rig();
		await player.seek(NOW - 10 * MINUTE);
		await player.seek(NOW - 5 * MINUTE);
		expect(asked).toHaveLength(1);
		expect(engines[0]?.seeks).toEqual([300]);
	});

	it('takes a new window for an instant outside', async () => {
		const { player, asked, engines } = rig();
		await player.seek(NOW - 10 * MINUTE);
		await player.seek(NOW - 20 * MINUTE);
		expect(asked).toHaveLength(2);
		expect(engines[0]?.closed).toBe(true);
	});

	it('goes on into the next window when one is played out', async () => {
		const { player, video, asked } = rig();
		await player.seek(NOW - 300 * MINUTE);
		video.dispatchEvent(new Event('ended'));
		await vi.advanceTimersByTimeAsync(0);
		expect(asked).toHaveLength(2);
		expect(asked[1]?.[0]).toBeGreaterThanOrEqual(NOW - 240 * MINUTE);
	});

	it('says when it has caught up with what is being recorded', async () => {
		const { player, video, caughtUp } = rig();
		await player.seek(NOW - MINUTE);
		video.dispatchEvent(new Event('ended'));
		expect(caughtUp).toHaveBeenCalledOnce();
	});

	it('says that nothing was recorded when the playlist is empty', async () => {
		const { player, problems } = rig({ until: 0 });
		await player.seek(NOW - MINUTE);
		expect(problems.map(({ code }) => code)).toEqual(['recording.none']);
	});

	it('hands on why the server refused', async () => {
		const { player, problems } = rig({
			answer: () => Response.json({ code: 'recording.key_destroyed' }, { status: 410 })
		});
		await player.seek(NOW - MINUTE);
		expect(problems.map(({ code }) => code)).toEqual(['recording.key_destroyed']);
	});

	it('shows only the newest wish when wishes come fast', async () => {
		const { player, engines } = rig();
		const first = player.seek(NOW - 300 * MINUTE);
		const second = player.seek(NOW - 10 * MINUTE);
		await Promise.all([first, second]);
		expect(engines).toHaveLength(1);
		expect(player.time).toBe(NOW - 10 * MINUTE);
	});
});
