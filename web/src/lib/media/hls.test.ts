// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Problem } from '../api/problem';
import { MseHls } from './hls';
import { parsePlaylist } from './playlist';

const START = Date.parse('2026-11-23T10:00:00Z');

class FakeBuffer extends EventTarget {
	updating = false;
	mode = '';
	log: string[] = [];
	ranges: [number, number][] = [];
	#offset = 0;
	get timestampOffset() {
		return this.#offset;
	}
	set timestampOffset(value: number) {
		this.#offset = value;
		this.log.push(`at ${value}`);
	}
	get buffered() {
		const { ranges } = this;
		return { length: ranges.length, start: (i: number) => ranges[i]?.[0], end: (i: number) => ranges[i]?.[1] };
	}
	appendBuffer(bytes: Uint8Array) {
		this.log.push(new TextDecoder().decode(bytes).slice(0, 20));
		this.updating = true;
		queueMicrotask(() => {
			this.updating = false;
			this.dispatchEvent(new Event('updateend'));
		});
	}
	abort() {
		this.log.push('abort');
	}
	changeType() {}
	remove() {}
}

class FakeSource extends EventTarget {
	static last: FakeSource;
	static isTypeSupported = () => true;
	readyState = 'closed';
	duration = 0;
	ended = false;
	buffer = new FakeBuffer();
	constructor() {
		super();
		FakeSource.last = this;
	}
	addSourceBuffer() {
		return this.buffer;
	}
	endOfStream() {
		this.ended = true;
	}
	open() {
		this.readyState = 'open';
		this.dispatchEvent(new Event('sourceopen'));
	}
}

/** Parts of four seconds: `count` of one segment, then as many of another after a gap. */
function playlistOf(count: number, independent = true) {
	let text = `#EXTM3U\n${independent ? '#EXT-X-INDEPENDENT-SEGMENTS\n' : ''}`;
	for (const [segment, at] of [
		['a', START],
		['b', START + 3600_000]
	] as const) {
		if (segment === 'b') text += '#EXT-X-DISCONTINUITY\n';
		text += `#EXT-X-MAP:URI="${segment}/init"\n#EXT-X-PROGRAM-DATE-TIME:${new Date(at).toISOString()}\n`;
		for (let i = 0; i < count; i++) text += `#EXTINF:4,\n${segment}/${i}\n`;
	}
	return parsePlaylist(text, 'http://server/');
}

const settle = async () => {
	for (let i = 0; i < 200; i++) await Promise.resolve();
};

function rig(answer: (path: string) => Response = (path) => new Response(path)) {
	const asked: string[] = [];
	vi.stubGlobal('fetch', async (url: string) => {
		const path = url.replace('http://server/', '');
		asked.push(path);
		return answer(path);
	});
	const video = Object.assign(document.createElement('video'), { play: async () => {}, load: () => {} });
	let time = 0;
	Object.defineProperty(video, 'currentTime', { get: () => time, set: (value: number) => (time = value) });
	const problems: Problem[] = [];
	const engine = new MseHls(video, (problem) => problems.push(problem));
	return { engine, asked, video, problems, source: FakeSource.last, buffer: FakeSource.last.buffer };
}

beforeEach(() => {
	vi.stubGlobal('MediaSource', FakeSource);
	URL.createObjectURL = () => 'blob:x';
	URL.revokeObjectURL = () => {};
});
afterEach(() => void vi.unstubAllGlobals());

describe('MseHls', () => {
	it('begins with the part that holds the instant, in its place', async () => {
		const { engine, asked, buffer, video, source } = rig();
		engine.open(playlistOf(3), '', 5);
		source.open();
		await settle();
		expect(asked[0]).toBe('a/1');
		expect(video.currentTime).toBe(5);
		expect(buffer.mode).toBe('sequence');
		expect(buffer.log.slice(0, 4)).toEqual(['a/init', 'at 4', 'a/1', 'a/2']);
		engine.close();
	});

	it('begins a part earlier where parts may lack a key picture', async () => {
		const { engine, asked, source } = rig();
		engine.open(playlistOf(3, false), '', 9);
		source.open();
		await settle();
		expect(asked[0]).toBe('a/1');
		engine.close();
	});

	it('puts what follows a gap right behind it, with its own initialisation segment', async () => {
		const { engine, buffer, source } = rig();
		engine.open(playlistOf(2), '', 0);
		source.open();
		await settle();
		expect(buffer.log).toEqual(['a/init', 'at 0', 'a/0', 'a/1', 'abort', 'b/init', 'at 8', 'b/0', 'b/1']);
		expect(source.ended).toBe(true);
		engine.close();
	});

	it('loads no more than it needs ahead', async () => {
		const { engine, asked, source } = rig();
		engine.open(playlistOf(100), '', 0);
		source.open();
		await settle();
		expect(asked.filter((path) => !path.endsWith('init')).length).toBeLessThanOrEqual(6);
		engine.close();
	});

	it('seeks far by loading from there, and near by just going there', async () => {
		const { engine, asked, buffer, source, video } = rig();
		engine.open(playlistOf(100), '', 0);
		source.open();
		await settle();
		buffer.ranges = [[0, 24]];
		const before = asked.length;
		engine.seek(10);
		await settle();
		expect(video.currentTime).toBe(10);
		expect(asked.slice(before)).not.toContain('a/2');
		engine.seek(200);
		await settle();
		expect(asked).toContain('a/50');
		expect(buffer.log).toContain('at 200');
		engine.close();
	});

	it('hands on why a part cannot be had', async () => {
		const { engine, problems, source } = rig((path) =>
			path === 'a/1' ? Response.json({ code: 'recording.key_destroyed' }, { status: 404 }) : new Response(path)
		);
		engine.open(playlistOf(3), '', 0);
		source.open();
		await settle();
		expect(problems.map(({ code }) => code)).toEqual(['recording.key_destroyed']);
		engine.close();
	});
});
