// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Problem } from '../api/problem';
import { MsePlayer } from './mse';
import type { AnyMediaSource } from './source';

class FakeBuffer extends EventTarget {
	updating = false;
	appended: number[][] = [];
	types: string[] = [];
	removed: [number, number][] = [];
	ranges: [number, number][] = [];
	get buffered() {
		const { ranges } = this;
		return {
			length: ranges.length,
			start: (i: number) => (ranges[i] as [number, number])[0],
			end: (i: number) => (ranges[i] as [number, number])[1]
		};
	}
	appendBuffer(bytes: Uint8Array) {
		if (this.updating) throw new Error('busy');
		this.updating = true;
		this.appended.push([...bytes]);
	}
	changeType(mime: string) {
		if (this.updating) throw new Error('busy');
		this.types.push(mime);
	}
	remove(from: number, to: number) {
		this.updating = true;
		this.removed.push([from, to]);
	}
	done(ranges = this.ranges) {
		this.ranges = ranges;
		this.updating = false;
		this.dispatchEvent(new Event('updateend'));
	}
}

class FakeSource extends EventTarget {
	static isTypeSupported = (mime: string) => !mime.includes('hvc1');
	readyState = 'closed';
	duration = 0;
	buffer = new FakeBuffer();
	added: string[] = [];
	addSourceBuffer(mime: string) {
		this.added.push(mime);
		return this.buffer;
	}
	open() {
		this.readyState = 'open';
		this.dispatchEvent(new Event('sourceopen'));
	}
}

class FakeSocket {
	binaryType = '';
	closed = false;
	onmessage: ((event: { data: unknown }) => void) | null = null;
	onclose: (() => void) | null = null;
	says(message: object) {
		this.onmessage?.({ data: JSON.stringify(message) });
	}
	sends(...bytes: number[]) {
		this.onmessage?.({ data: new Uint8Array(bytes).buffer });
	}
	close() {
		this.closed = true;
	}
}

const FORMAT = {
	type: 'format',
	mime: 'video/mp4; codecs="avc1.4d401e"',
	width: 640,
	height: 360,
	stream: 'sub',
	audio: false
};

function rig() {
	const source = new FakeSource();
	const socket = new FakeSocket();
	const ends: Problem[] = [];
	const streams: string[] = [];
	const video = Object.assign(document.createElement('video'), { play: vi.fn(async () => {}) });
	const clock = { time: 0, ready: 0, paused: true };
	Object.defineProperties(video, {
		currentTime: { get: () => clock.time, set: (value: number) => (clock.time = value) },
		readyState: { get: () => clock.ready },
		paused: { get: () => clock.paused }
	});
	const player = new MsePlayer({
		video,
		url: 'ws://server/live.ws',
		newSource: () => source as unknown as AnyMediaSource,
		newSocket: () => socket as unknown as WebSocket,
		onEnd: (problem) => ends.push(problem),
		onStream: (stream) => streams.push(stream)
	});
	player.start();
	return { player, source, socket, ends, streams, video, clock };
}

/** The same, with ten seconds in the buffer. */
function playing() {
	const all = rig();
	const { source, socket, clock } = all;
	source.open();
	socket.says(FORMAT);
	socket.sends(1);
	source.buffer.done([[0, 10]]);
	clock.paused = false;
	clock.ready = 4;
	return all;
}

beforeEach(() => {
	vi.useFakeTimers();
	URL.createObjectURL = () => 'blob:x';
	URL.revokeObjectURL = () => {};
});
afterEach(() => void vi.useRealTimers());

describe('MsePlayer', () => {
	it('appends what came before the source was open, in order and in one piece', () => {
		const { source, socket } = rig();
		socket.says(FORMAT);
		socket.sends(1, 2);
		socket.sends(3);
		expect(source.added).toEqual([]);
		source.open();
		expect(source.added).toEqual([FORMAT.mime]);
		expect(source.buffer.appended).toEqual([[1, 2, 3]]);
	});

	it('plays an endless presentation, so that the browser keeps little back', () => {
		const { source, socket } = rig();
		source.open();
		socket.says(FORMAT);
		expect(source.duration).toBe(Infinity);
	});

	it('gathers what arrives while the buffer is busy', () => {
		const { source, socket } = rig();
		source.open();
		socket.says(FORMAT);
		socket.sends(1);
		socket.sends(2);
		socket.sends(3);
		source.buffer.done();
		expect(source.buffer.appended).toEqual([[1], [2, 3]]);
	});

	it('changes the type exactly between the parts of two formats', () => {
		const { source, socket, streams } = rig();
		source.open();
		socket.says(FORMAT);
		socket.sends(1);
		socket.sends(2);
		socket.says({ ...FORMAT, mime: 'video/mp4; codecs="avc1.640028"', stream: 'main' });
		socket.sends(3);
		source.buffer.done();
		expect(source.buffer.types).toEqual([]);
		source.buffer.done();
		expect(source.buffer.types).toEqual(['video/mp4; codecs="avc1.640028"']);
		expect(source.buffer.appended).toEqual([[1], [2], [3]]);
		expect(streams).toEqual(['sub', 'main']);
	});

	it('begins at the newest picture, not at the oldest', () => {
		const { source, socket, video, clock } = rig();
		source.open();
		socket.says(FORMAT);
		socket.sends(1);
		source.buffer.done([[100, 102]]);
		expect(clock.time).toBeGreaterThan(101.5);
		expect(video.play).toHaveBeenCalled();
	});

	it('hurries a little when late and jumps when far behind', () => {
		const { video, clock } = playing();
		clock.time = 9.6;
		vi.advanceTimersByTime(100);
		expect(video.playbackRate).toBeGreaterThan(1);
		clock.time = 9.93;
		vi.advanceTimersByTime(100);
		expect(video.playbackRate).toBe(1);
		clock.time = 5;
		vi.advanceTimersByTime(100);
		expect(clock.time).toBeGreaterThan(9.5);
	});

	it('stays further behind once it ran dry, comes closer when that was not needed, and is slower to once it was', () => {
		const { player, video, clock } = playing();
		const lag = () => {
			player.jumpToLive();
			return Math.round((10 - clock.time) * 1000);
		};
		/** So long with so much ahead at every look. */
		const calm = (seconds: number, ahead: number) => {
			clock.time = 10 - ahead;
			vi.advanceTimersByTime(seconds * 1000);
		};
		const runDry = () => video.dispatchEvent(new Event('waiting'));
		expect(lag()).toBe(80);
		runDry();
		runDry();
		expect(lag()).toBe(160);
		calm(20, 0.05);
		expect(lag()).toBe(160);
		calm(4.9, 0.12);
		calm(0.1, 0.01);
		expect(lag()).toBe(160);
		clock.time = 9.85;
		vi.advanceTimersByTime(4900);
		expect(video.playbackRate).toBe(1);
		vi.advanceTimersByTime(100);
		expect(video.playbackRate).toBe(1.08);
		clock.time = 9.88;
		vi.advanceTimersByTime(100);
		expect(video.playbackRate).toBe(1);
		expect(lag()).toBe(120);
		runDry();
		calm(9.9, 0.12);
		expect(lag()).toBe(160);
		calm(0.1, 0.12);
		expect(lag()).toBe(120);
		calm(10, 0.12);
		calm(30, 0.12);
		expect(lag()).toBe(80);
	});

	it('forgets what was played long ago', () => {
		const { source, socket, clock } = rig();
		source.open();
		socket.says(FORMAT);
		socket.sends(1);
		clock.paused = false;
		clock.ready = 4;
		clock.time = 60;
		source.buffer.done([[0, 60.1]]);
		expect(source.buffer.removed).toHaveLength(1);
		expect(source.buffer.removed[0]?.[1]).toBeLessThan(60);
	});

	it('says what to do when the video is one that the browser cannot play', () => {
		const { source, socket, ends } = rig();
		source.open();
		socket.says({ ...FORMAT, mime: 'video/mp4; codecs="hvc1.1.6.L120.B0"' });
		expect(ends.map(({ code }) => code)).toEqual(['live.h265_unsupported']);
		expect(socket.closed).toBe(true);
	});

	it('hands on why the server ended, and does not take the closing for another reason', () => {
		const { socket, ends } = rig();
		socket.says({ type: 'ended', code: 'camera.offline' });
		socket.onclose?.();
		expect(ends.map(({ code }) => code)).toEqual(['camera.offline']);
	});

	it('ends when the decoder takes nothing any more', () => {
		const { source, socket, ends } = rig();
		source.open();
		socket.says(FORMAT);
		socket.sends(1);
		const part = new Uint8Array(1024 * 1024).buffer;
		for (let i = 0; i < 11; i++) socket.onmessage?.({ data: part });
		expect(ends.map(({ code }) => code)).toEqual(['client.stalled']);
	});
});
