import { Problem } from '../api/problem';
import { codecsOf } from './mp4';
import { partAt, type Part, type Playlist } from './playlist';
import { type AnyMediaSource, canPlayType, newMediaSource } from './source';
import type { RecordedEngine } from './recorded';

/** Loaded ahead of the picture, and kept behind it for a short step back. */
const AHEAD_S = 20;
const BEHIND_S = 20;
/** Rounding between listed and real durations leaves cracks; the play head steps over those up to this wide. */
const CRACK_S = 0.6;
const CHECK_MS = 250;

/** Plays the fMP4 parts of a playlist through Media Source Extensions, for browsers without HLS of their own. */
export class MseHls implements RecordedEngine {
	readonly #video: HTMLVideoElement;
	readonly #onProblem: (problem: Problem) => void;
	readonly #source: AnyMediaSource | undefined = newMediaSource();
	readonly #inits = new Map<string, Promise<Uint8Array>>();
	#objectUrl: string | undefined;
	#buffer: SourceBuffer | undefined;
	#playlist: Playlist = { parts: [], seconds: 0, independent: true };
	#next = 0;
	/** The next part does not continue what was appended last. */
	#fresh = true;
	#map: string | undefined;
	#run = new AbortController();
	#closed = false;
	#checker: ReturnType<typeof setInterval> | undefined;

	constructor(video: HTMLVideoElement, onProblem: (problem: Problem) => void) {
		this.#video = video;
		this.#onProblem = onProblem;
	}

	open(playlist: Playlist, _url: string, at: number): void {
		const source = this.#source;
		if (!source) return this.#onProblem(new Problem('client.unplayable', { detail: 'no MediaSource' }));
		this.#playlist = playlist;
		this.#video.srcObject = null;
		this.#video.disableRemotePlayback = true;
		this.#objectUrl = URL.createObjectURL(source as unknown as MediaSource);
		this.#video.src = this.#objectUrl;
		source.addEventListener(
			'sourceopen',
			() => {
				source.duration = playlist.seconds;
				this.seek(at);
			},
			{ once: true }
		);
		this.#checker = setInterval(() => this.#stepOverCrack(), CHECK_MS);
	}

	seek(at: number): void {
		if (this.#closed || this.#source?.readyState === 'closed') return;
		this.#video.currentTime = at;
		this.#video.play().catch(() => {});
		if (this.#isBuffered(at)) return;
		this.#run.abort();
		this.#run = new AbortController();
		this.#next = this.#firstFor(at);
		this.#fresh = true;
		this.#fill(this.#run.signal).catch((error: unknown) => {
			if (!this.#closed && !(error instanceof DOMException && error.name === 'AbortError')) {
				this.#onProblem(Problem.from(error));
			}
		});
	}

	/** Index of the part to begin with: a part without a key picture needs the one before it. */
	#firstFor(at: number): number {
		const { parts, independent } = this.#playlist;
		const index = partAt(this.#playlist, at);
		return independent || index === 0 || parts[index]?.discontinuity ? index : index - 1;
	}

	#isBuffered(at: number): boolean {
		const ranges = this.#buffer?.buffered;
		if (!ranges) return false;
		for (let i = 0; i < ranges.length; i++) {
			if (ranges.start(i) <= at && at < ranges.end(i) - 0.2) return this.#source?.readyState === 'open';
		}
		return false;
	}

	async #fill(signal: AbortSignal): Promise<void> {
		const { parts } = this.#playlist;
		while (!signal.aborted) {
			const part = parts[this.#next];
			if (!part) break;
			if (part.start - this.#video.currentTime > AHEAD_S) {
				await pause(CHECK_MS, signal);
				continue;
			}
			const bytes = await load(part.url, signal);
			await this.#prepare(part, signal);
			signal.throwIfAborted();
			const buffer = this.#buffer as SourceBuffer;
			buffer.appendBuffer(bytes as BufferSource);
			await settled(buffer);
			await this.#forget(buffer);
			this.#next += 1;
		}
		if (!signal.aborted && this.#source?.readyState === 'open') this.#source.endOfStream();
	}

	/** Sets the buffer up for a part: its initialisation segment, and its place where it does not simply follow. */
	async #prepare(part: Part, signal: AbortSignal): Promise<void> {
		const newMap = part.map !== this.#map;
		if (!this.#fresh && !newMap && !part.discontinuity) return;
		const init = await this.#init(part.map, signal);
		signal.throwIfAborted();
		const mime = `video/mp4; codecs="${codecsOf(init).join(',')}"`;
		if (!canPlayType(mime)) {
			const code = /hvc1|hev1/.test(mime) ? 'live.h265_unsupported' : 'client.unplayable';
			throw new Problem(code, { detail: mime });
		}
		let buffer = this.#buffer;
		if (!buffer) {
			buffer = (this.#source as AnyMediaSource).addSourceBuffer(mime);
			this.#buffer = buffer;
		} else {
			await settled(buffer);
			buffer.abort();
			buffer.changeType(mime);
		}
		buffer.mode = 'sequence';
		buffer.appendBuffer(init as BufferSource);
		await settled(buffer);
		buffer.timestampOffset = part.start;
		this.#map = part.map;
		this.#fresh = false;
	}

	#init(map: string, signal: AbortSignal): Promise<Uint8Array> {
		let init = this.#inits.get(map);
		if (!init) {
			init = load(map, signal);
			this.#inits.set(map, init);
			init.catch(() => this.#inits.delete(map));
		}
		return init;
	}

	async #forget(buffer: SourceBuffer): Promise<void> {
		const until = this.#video.currentTime - BEHIND_S;
		if (buffer.buffered.length === 0 || buffer.buffered.start(0) >= until) return;
		buffer.remove(0, until);
		await settled(buffer);
	}

	#stepOverCrack(): void {
		const { buffered, currentTime, readyState, paused } = this.#video;
		if (paused || readyState >= 3) return;
		for (let i = 0; i < buffered.length; i++) {
			const start = buffered.start(i);
			if (start > currentTime && start - currentTime < CRACK_S) {
				this.#video.currentTime = start + 0.01;
				return;
			}
		}
	}

	close(): void {
		this.#closed = true;
		this.#run.abort();
		clearInterval(this.#checker);
		if (this.#objectUrl === undefined) return;
		URL.revokeObjectURL(this.#objectUrl);
		this.#video.removeAttribute('src');
		this.#video.load();
	}
}

async function load(url: string, signal: AbortSignal): Promise<Uint8Array> {
	const answer = await fetch(url, { credentials: 'same-origin', signal });
	if (!answer.ok) throw await Problem.of(answer);
	return new Uint8Array(await answer.arrayBuffer());
}

function settled(buffer: SourceBuffer): Promise<void> {
	if (!buffer.updating) return Promise.resolve();
	return new Promise((resolve, reject) => {
		const options = { once: true };
		buffer.addEventListener('updateend', () => resolve(), options);
		buffer.addEventListener('error', () => reject(new Problem('client.unplayable')), options);
	});
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
	return new Promise((resolve) => {
		const timer = setTimeout(resolve, ms);
		signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
	});
}
