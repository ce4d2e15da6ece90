import { Problem } from '../api/problem';
import type { LivePlayer, LiveStats, PlayerEvents } from './player';
import { type AnyMediaSource, newMediaSource } from './source';

export interface MseOptions extends PlayerEvents {
	video: HTMLVideoElement;
	/** The WebSocket's address. */
	url: string;
	newSocket?: (url: string) => WebSocket;
	newSource?: () => AnyMediaSource | undefined;
}

/** What the server says before it sends media. */
type Message =
	| { type: 'format'; mime: string; width: number; height: number; stream: 'main' | 'sub'; audio: boolean }
	| { type: 'ended'; code: string };

/** Media not yet in the browser's buffer. Ten seconds of 8 Mbit/s; a decoder this far behind will not catch up. */
const QUEUE_BYTES_MAX = 10 * 1024 * 1024;
/** How far behind the newest picture we aim to be, at best; every time it runs dry a step more, and a step less once it shows that
 * less would do. */
const LAG_S_MIN = 0.08;
const LAG_S_STEP = 0.04;
const LAG_S_MAX = 0.6;
/** Beyond this much more than the aim we jump; below it we only play a little faster. */
const JUMP_S = 0.7;
/** Played media kept, so that nothing ahead is ever evicted for it. */
const KEEP_S = 4;
const CHASE_MS = 100;
/** A step less leaves at least this. */
const RESERVE_S = 0.02;
/** Looks before a step less, 5 s; twice as many each time when that was wrong, up to 5 min. */
const LOOKS_MIN = 50;
const LOOKS_MAX = 3000;

type Item = { bytes: Uint8Array } | { mime: string };

/** Live by Media Source Extensions: live parts of one access unit each, over a WebSocket. Plays where UDP is blocked. */
export class MsePlayer implements LivePlayer {
	readonly path = 'mse';
	readonly #options: MseOptions;
	#socket: WebSocket | undefined;
	#source: AnyMediaSource | undefined;
	#buffer: SourceBuffer | undefined;
	#objectUrl: string | undefined;
	#queue: Item[] = [];
	#queued = 0;
	#closed = false;
	#connected = false;
	#lagS = LAG_S_MIN;
	/** The least that was ahead in the last looks; how many they were, and how many it takes. */
	#least = Infinity;
	#looks = 0;
	#looksNeeded = LOOKS_MIN;
	#stepped = false;
	/** On the way to a step less. */
	#nearing = false;
	#chaser: ReturnType<typeof setInterval> | undefined;
	#format: Extract<Message, { type: 'format' }> | undefined;
	#received = 0;
	#last: { at: number; bytes: number; frames: number } | undefined;
	readonly #onWaiting = () => this.#ranDry();

	constructor(options: MseOptions) {
		this.#options = options;
	}

	start(): void {
		const source = this.#options.newSource ? this.#options.newSource() : newMediaSource();
		if (!source) return this.#end(new Problem('client.unplayable', { detail: 'no MediaSource' }));
		this.#source = source;
		const { video } = this.#options;
		video.srcObject = null;
		video.disableRemotePlayback = true;
		this.#objectUrl = URL.createObjectURL(source as unknown as MediaSource);
		video.src = this.#objectUrl;
		video.addEventListener('waiting', this.#onWaiting);
		source.addEventListener('sourceopen', () => this.#pump(), { once: true });
		this.#chaser = setInterval(() => this.#chase(), CHASE_MS);

		const socket = this.#options.newSocket?.(this.#options.url) ?? new WebSocket(this.#options.url);
		this.#socket = socket;
		socket.binaryType = 'arraybuffer';
		socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
			if (this.#closed) return;
			if (typeof data === 'string') this.#onText(data);
			else this.#onMedia(new Uint8Array(data));
		};
		socket.onclose = () => this.#end(new Problem('client.network', { detail: 'live.ws closed' }));
	}

	#onText(text: string): void {
		const message = JSON.parse(text) as Message;
		if (message.type === 'ended') return this.#end(new Problem(message.code));
		if (message.type !== 'format') return;
		if (this.#source && !isTypeSupported(this.#source, message.mime)) {
			const code = /hvc1|hev1/.test(message.mime) ? 'live.h265_unsupported' : 'live.no_common_codec';
			return this.#end(new Problem(code, { detail: message.mime }));
		}
		this.#format = message;
		this.#options.onStream?.(message.stream);
		this.#queue.push({ mime: message.mime });
		this.#pump();
	}

	#onMedia(bytes: Uint8Array): void {
		if (!this.#connected) {
			this.#connected = true;
			this.#options.onConnected?.();
		}
		this.#received += bytes.length;
		this.#queue.push({ bytes });
		this.#queued += bytes.length;
		if (this.#queued > QUEUE_BYTES_MAX) return this.#end(new Problem('client.stalled', { detail: 'queue full' }));
		this.#pump();
	}

	/** Hands the browser everything that waits, in as few appends as order allows. */
	#pump(): void {
		const source = this.#source;
		if (this.#closed || !source || source.readyState !== 'open' || this.#buffer?.updating) return;
		try {
			const next = this.#queue[0];
			if (!next) return this.#forget();
			if ('mime' in next) {
				this.#queue.shift();
				this.#setFormat(source, next.mime);
				return this.#pump();
			}
			if (!this.#buffer) return;
			let count = 1;
			while (count < this.#queue.length && 'bytes' in (this.#queue[count] as Item)) count++;
			const parts = this.#queue.splice(0, count).map((item) => (item as { bytes: Uint8Array }).bytes);
			const bytes = parts.length === 1 ? (parts[0] as Uint8Array) : concat(parts);
			this.#queued -= bytes.length;
			this.#buffer.appendBuffer(bytes as BufferSource);
		} catch (error) {
			this.#end(new Problem('client.unplayable', { detail: String(error) }));
		}
	}

	#setFormat(source: AnyMediaSource, mime: string): void {
		if (this.#buffer) {
			this.#buffer.changeType(mime);
			return;
		}
		// An endless presentation is played in the browser's low-delay mode.
		source.duration = Infinity;
		this.#buffer = source.addSourceBuffer(mime);
		this.#buffer.addEventListener('updateend', () => {
			this.#startAtEdge();
			this.#pump();
		});
	}

	#startAtEdge(): void {
		const { video } = this.#options;
		if (this.#closed || video.readyState >= 2 || !video.paused) return;
		this.jumpToLive();
		video.play().catch(() => {});
	}

	/** Drops what was played. Only called when nothing waits to be appended. */
	#forget(): void {
		const buffer = this.#buffer;
		if (!buffer || buffer.updating || buffer.buffered.length === 0) return;
		const until = this.#options.video.currentTime - KEEP_S;
		if (buffer.buffered.start(0) < until - KEEP_S) buffer.remove(0, until);
	}

	#edge(): number | undefined {
		const buffered = this.#buffer?.buffered;
		return buffered && buffered.length > 0 ? buffered.end(buffered.length - 1) : undefined;
	}

	jumpToLive(): void {
		const edge = this.#edge();
		if (edge !== undefined) this.#options.video.currentTime = Math.max(0, edge - this.#lagS);
	}

	/** Stays close to the newest picture: a little faster when behind, a jump when far behind. */
	#chase(): void {
		const edge = this.#edge();
		const { video } = this.#options;
		if (edge === undefined || video.paused || video.seeking) return;
		const ahead = edge - video.currentTime;
		this.#settle(ahead);
		const excess = ahead - this.#lagS;
		if (excess > JUMP_S) this.jumpToLive();
		else video.playbackRate = excess > 0.25 ? 1.25 : excess > (this.#nearing ? 0 : 0.06) ? 1.08 : 1;
		if (excess <= 0) this.#nearing = false;
	}

	/** What was left over at every look is not needed. */
	#settle(ahead: number): void {
		this.#least = Math.min(this.#least, ahead);
		if (++this.#looks < this.#looksNeeded) return;
		if (this.#lagS > LAG_S_MIN && this.#least > LAG_S_STEP + RESERVE_S) {
			this.#lagS = Math.max(LAG_S_MIN, this.#lagS - LAG_S_STEP);
			this.#stepped = this.#nearing = true;
		}
		this.#lookAnew();
	}

	#lookAnew(): void {
		this.#looks = 0;
		this.#least = Infinity;
	}

	#ranDry(): void {
		if (this.#options.video.seeking || this.#options.video.readyState < 1) return;
		this.#lagS = Math.min(LAG_S_MAX, this.#lagS + LAG_S_STEP);
		if (this.#stepped) this.#looksNeeded = Math.min(LOOKS_MAX, this.#looksNeeded * 2);
		this.#stepped = this.#nearing = false;
		this.#lookAnew();
	}

	#end(problem: Problem): void {
		if (this.#closed) return;
		this.close();
		this.#options.onEnd(problem);
	}

	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		clearInterval(this.#chaser);
		const { video } = this.#options;
		video.removeEventListener('waiting', this.#onWaiting);
		video.playbackRate = 1;
		if (this.#socket) {
			this.#socket.onclose = null;
			this.#socket.close();
		}
		this.#queue = [];
		if (this.#objectUrl !== undefined) URL.revokeObjectURL(this.#objectUrl);
	}

	async stats(): Promise<LiveStats> {
		const { video } = this.#options;
		const stats: LiveStats = { path: this.path };
		const edge = this.#edge();
		if (edge !== undefined) stats.latencyMs = Math.max(0, edge - video.currentTime) * 1000;
		if (video.videoWidth > 0) {
			stats.width = video.videoWidth;
			stats.height = video.videoHeight;
		}
		const codec = this.#format && /codecs="?([^",]+)/.exec(this.#format.mime)?.[1];
		if (codec) stats.codec = codec.startsWith('avc') ? 'H264' : /^h(vc|ev)1/.test(codec) ? 'H265' : codec;
		const now = {
			at: performance.now(),
			bytes: this.#received,
			frames: video.getVideoPlaybackQuality().totalVideoFrames
		};
		const last = this.#last;
		this.#last = now;
		if (last && now.at > last.at) {
			const seconds = (now.at - last.at) / 1000;
			stats.bitrateBps = ((now.bytes - last.bytes) * 8) / seconds;
			stats.fps = Math.max(0, now.frames - last.frames) / seconds;
		}
		return stats;
	}
}

function isTypeSupported(source: AnyMediaSource, mime: string): boolean {
	const constructor = source.constructor as { isTypeSupported?: (mime: string) => boolean };
	return constructor.isTypeSupported?.(mime) ?? true;
}

function concat(parts: Uint8Array[]): Uint8Array {
	const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
	let at = 0;
	for (const part of parts) {
		whole.set(part, at);
		at += part.length;
	}
	return whole;
}
