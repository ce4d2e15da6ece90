import { Problem } from '../api/problem';
import { MseHls } from './hls';
import { parsePlaylist, timeOf, wallOf, type Playlist } from './playlist';

/** Shows one playlist in a video element. */
export interface RecordedEngine {
	/** Begins at a play time, in seconds. */
	open(playlist: Playlist, url: string, at: number): void;
	seek(at: number): void;
	close(): void;
}

export interface RecordedOptions {
	video: HTMLVideoElement;
	playlistUrl: (from: number, to: number) => string;
	/** The recording goes no further for now: what follows is live. */
	onCaughtUp: () => void;
	onProblem: (problem: Problem) => void;
	now: () => number;
	fetch?: typeof fetch;
	newEngine?: (video: HTMLVideoElement, onProblem: (problem: Problem) => void) => RecordedEngine;
}

/** One playlist covers this much: long enough to be seldom renewed, short enough to be small. */
export const WINDOW_MS = 60 * 60_000;
/** Closer to now than this there is nothing to play yet; the newest fragments are still being written. */
const EDGE_MS = 1500;

/** Plays what was recorded, by the wall clock: playlists come and go underneath. */
export class RecordedPlayer {
	readonly #options: RecordedOptions;
	#engine: RecordedEngine | undefined;
	#playlist: Playlist | undefined;
	#loading: AbortController | undefined;
	#target: number | undefined;
	#closed = false;
	readonly #onEnded = () => void this.#next();

	constructor(options: RecordedOptions) {
		this.#options = options;
		options.video.addEventListener('ended', this.#onEnded);
	}

	/** Wall clock (ms) of what is on the screen, or about to be. */
	get time(): number | undefined {
		if (this.#target !== undefined || !this.#playlist) return this.#target;
		return wallOf(this.#playlist, this.#options.video.currentTime);
	}

	/** Plays on from this instant, or from the first picture after it. */
	async seek(wall: number): Promise<void> {
		const current = this.#playlist;
		const [first, last] = [current?.parts[0], current?.parts.at(-1)];
		if (current && first && last && wall >= first.wall && wall < last.wall + last.seconds * 1000) {
			this.#loading?.abort();
			this.#target = undefined;
			this.#engine?.seek(timeOf(current, wall));
			return;
		}
		await this.#load(wall);
	}

	async #load(wall: number): Promise<void> {
		this.#loading?.abort();
		const loading = new AbortController();
		this.#loading = loading;
		this.#target = wall;
		const url = this.#options.playlistUrl(wall, Math.min(wall + WINDOW_MS, this.#options.now()));
		try {
			const answer = await (this.#options.fetch ?? fetch)(url, { credentials: 'same-origin', signal: loading.signal });
			if (!answer.ok) throw await Problem.of(answer);
			const playlist = parsePlaylist(await answer.text(), new URL(url, document.baseURI).href);
			if (loading.signal.aborted || this.#closed) return;
			if (playlist.parts.length === 0) throw new Problem('recording.none');
			this.#open(playlist, url, wall);
		} catch (error) {
			if (loading.signal.aborted || this.#closed) return;
			this.#options.onProblem(Problem.from(error));
		}
	}

	#open(playlist: Playlist, url: string, wall: number): void {
		const { video, newEngine, onProblem } = this.#options;
		this.#engine?.close();
		this.#playlist = playlist;
		this.#target = undefined;
		this.#engine = newEngine ? newEngine(video, onProblem) : pickEngine(video, onProblem);
		this.#engine.open(playlist, url, timeOf(playlist, wall));
	}

	/** The window's end: the next one, or live when there is none yet. */
	async #next(): Promise<void> {
		const last = this.#playlist?.parts.at(-1);
		if (!last || this.#closed) return;
		const end = last.wall + last.seconds * 1000;
		if (end > this.#options.now() - WINDOW_MS / 2) return this.#options.onCaughtUp();
		await this.#load(end + EDGE_MS / 3);
	}

	close(): void {
		this.#closed = true;
		this.#loading?.abort();
		this.#engine?.close();
		this.#options.video.removeEventListener('ended', this.#onEnded);
	}
}

/** The browser's own HLS where there is one, else ours. */
function pickEngine(video: HTMLVideoElement, onProblem: (problem: Problem) => void): RecordedEngine {
	const native = video.canPlayType('application/vnd.apple.mpegurl') !== '';
	return native ? new NativeHls(video, onProblem) : new MseHls(video, onProblem);
}

/** HLS by the browser itself. Where it fails on what it promised to play, ours takes over. */
export class NativeHls implements RecordedEngine {
	readonly #video: HTMLVideoElement;
	readonly #onProblem: (problem: Problem) => void;
	#fallback: MseHls | undefined;
	#opened: [Playlist, string] | undefined;
	#pending: number | undefined;
	readonly #onReady = () => this.#apply();
	readonly #onError = () => this.#fail();

	constructor(video: HTMLVideoElement, onProblem: (problem: Problem) => void) {
		this.#video = video;
		this.#onProblem = onProblem;
	}

	open(playlist: Playlist, url: string, at: number): void {
		this.#opened = [playlist, url];
		this.#pending = at;
		this.#video.srcObject = null;
		this.#video.addEventListener('loadedmetadata', this.#onReady);
		this.#video.addEventListener('error', this.#onError);
		this.#video.src = url;
		this.#video.play().catch(() => {});
	}

	#apply(): void {
		if (this.#pending !== undefined) this.#video.currentTime = this.#pending;
		this.#pending = undefined;
	}

	#fail(): void {
		if (!this.#opened) return;
		const at = this.#pending ?? this.#video.currentTime;
		this.#detach();
		this.#fallback = new MseHls(this.#video, this.#onProblem);
		this.#fallback.open(...this.#opened, at);
	}

	seek(at: number): void {
		if (this.#fallback) return this.#fallback.seek(at);
		if (this.#video.readyState >= 1) this.#video.currentTime = at;
		else this.#pending = at;
		this.#video.play().catch(() => {});
	}

	#detach(): void {
		this.#video.removeEventListener('loadedmetadata', this.#onReady);
		this.#video.removeEventListener('error', this.#onError);
	}

	close(): void {
		this.#detach();
		if (this.#fallback) return this.#fallback.close();
		this.#video.removeAttribute('src');
		this.#video.load();
	}
}
