import type { Code } from '../api/codes';
import { Problem } from '../api/problem';
import type { LivePlayer, LiveStats, Path, PlayerEvents } from './player';

/** Where a live view stands. `connected` without a picture yet: the server is waiting for the next key picture. */
export type LiveState =
	| { phase: 'idle' }
	| { phase: 'connecting'; path: Path; connected: boolean }
	| { phase: 'live'; path: Path }
	| { phase: 'stalled'; path: Path }
	| { phase: 'waiting'; problem: Problem; retryInMs: number }
	| { phase: 'ended'; problem: Problem };

export interface SupervisorOptions {
	/** Makes a player; `undefined` where this browser has no such transport. */
	make: (path: Path, events: PlayerEvents) => LivePlayer | undefined;
	frames: FrameSource;
	paths: PathMemory;
	onState: (state: LiveState) => void;
	/** How long the first picture may take once connected: longer where key pictures are far apart. */
	firstFrameMs?: () => number;
	random?: () => number;
}

/** Tells of every picture that is shown. */
export interface FrameSource {
	/** Begins to tell; the returned function ends it. */
	watch(onFrame: () => void): () => void;
}

export const TRANSPORT_MS = 3000;
export const STALL_MS = 3000;
export const GIVE_UP_MS = 6000;
export const FIRST_FRAME_MS = 10_000;
export const RETRY_MS = [500, 1000, 2000, 4000, 8000, 15_000] as const;
/** Live for this long, and the next failure starts at the shortest pause again. */
export const SETTLED_MS = 10_000;
const TICK_MS = 500;

/** Refusals that another attempt would only repeat. */
const FINAL: ReadonlySet<string> = new Set<Code>([
	'live.h265_unsupported',
	'live.no_common_codec',
	'client.unplayable',
	'role.too_low',
	'not_found',
	'session.none',
	'csrf'
]);
/** What WebRTC cannot do and MSE perhaps can. */
const ONLY_WEBRTC: ReadonlySet<string> = new Set<Code>([
	'live.no_common_codec',
	'live.h265_unsupported',
	'live.offer_invalid',
	'live.no_socket',
	'client.unplayable'
]);

/** Which transport works from here, shared by all views of a page, so that only the first waits to find out. */
export class PathMemory {
	static readonly FORGET_MS = 5 * 60_000;
	#avoidUntil = 0;

	avoidWebrtc(now: number): void {
		this.#avoidUntil = now + PathMemory.FORGET_MS;
	}

	first(now: number): Path {
		return now < this.#avoidUntil ? 'mse' : 'webrtc';
	}
}

/** Keeps one camera on one video element: connects, falls back, notices stalls, tries again. */
export class Supervisor {
	readonly #options: SupervisorOptions;
	#state: LiveState = { phase: 'idle' };
	#wanted = false;
	#forced: Path | undefined;
	#next: Path | undefined;
	#player: LivePlayer | undefined;
	#unwatch: (() => void) | undefined;
	#timer: ReturnType<typeof setTimeout> | undefined;
	#ticker: ReturnType<typeof setInterval> | undefined;
	#failures = 0;
	#lastFrameAt = 0;
	#liveSince = 0;

	constructor(options: SupervisorOptions) {
		this.#options = options;
	}

	get state(): LiveState {
		return this.#state;
	}

	/** Whether anybody looks. Not wanted: everything is torn down at once. */
	setWanted(wanted: boolean): void {
		if (wanted === this.#wanted) return;
		this.#wanted = wanted;
		if (!wanted) {
			this.#stop();
			this.#failures = 0;
			this.#set({ phase: 'idle' });
		} else {
			this.#connect();
		}
	}

	/** Uses only this transport from now on, as sound may need; `undefined` gives the choice back. */
	force(path: Path | undefined): void {
		if (path === this.#forced) return;
		this.#forced = path;
		const current = this.#player?.path;
		if (this.#wanted && (path === undefined ? current === 'mse' : current !== path)) this.restart();
	}

	/** Begins anew at once: the stream's choice changed, the camera came back, or a person asked. */
	restart(): void {
		if (!this.#wanted) return;
		this.#failures = 0;
		this.#next = undefined;
		this.#connect();
	}

	jumpToLive(): void {
		this.#player?.jumpToLive();
	}

	async stats(): Promise<LiveStats | undefined> {
		return this.#state.phase === 'live' ? this.#player?.stats() : undefined;
	}

	close(): void {
		this.#wanted = false;
		this.#stop();
	}

	#connect(): void {
		this.#stop();
		const path = this.#forced ?? this.#next ?? this.#options.paths.first(performance.now());
		this.#next = undefined;
		// Events of a player that was replaced meanwhile concern nobody.
		const mine = () => this.#player === player;
		const player = this.#options.make(path, {
			onConnected: () => mine() && this.#onConnected(),
			onEnd: (problem) => mine() && this.#onEnd(problem)
		});
		if (!player) return this.#onMissing(path);
		this.#player = player;
		this.#set({ phase: 'connecting', path, connected: false });
		this.#unwatch = this.#options.frames.watch(() => mine() && this.#onFrame());
		if (path === 'webrtc') this.#timer = setTimeout(() => this.#onNoTransport(), TRANSPORT_MS);
		else this.#awaitFirstFrame();
		player.start();
	}

	#onMissing(path: Path): void {
		if (path === 'webrtc' && this.#forced === undefined) {
			this.#options.paths.avoidWebrtc(performance.now());
			return this.#fallBack();
		}
		this.#set({ phase: 'ended', problem: new Problem('client.unplayable', { detail: path }) });
	}

	#onConnected(): void {
		if (this.#state.phase !== 'connecting') return;
		this.#set({ ...this.#state, connected: true });
		if (this.#state.path === 'webrtc') this.#awaitFirstFrame();
	}

	#awaitFirstFrame(): void {
		clearTimeout(this.#timer);
		const ms = this.#options.firstFrameMs?.() ?? FIRST_FRAME_MS;
		this.#timer = setTimeout(() => {
			const other: Path = this.#player?.path === 'webrtc' ? 'mse' : 'webrtc';
			this.#retry(new Problem('client.no_picture'));
			this.#next = other;
		}, ms);
	}

	/** No packet came through: UDP is blocked between here and the server. */
	#onNoTransport(): void {
		this.#options.paths.avoidWebrtc(performance.now());
		if (this.#forced === 'webrtc') return this.#retry(new Problem('client.network', { detail: 'no UDP path' }));
		this.#fallBack();
	}

	#fallBack(): void {
		this.#next = 'mse';
		this.#connect();
	}

	#onFrame(): void {
		const now = performance.now();
		this.#lastFrameAt = now;
		const state = this.#state;
		if (state.phase !== 'connecting' && state.phase !== 'stalled') return;
		clearTimeout(this.#timer);
		if (state.phase === 'connecting') this.#liveSince = now;
		this.#set({ phase: 'live', path: state.path });
		this.#ticker ??= setInterval(() => this.#tick(), TICK_MS);
	}

	#tick(): void {
		const now = performance.now();
		const silent = now - this.#lastFrameAt;
		const state = this.#state;
		if (state.phase === 'live' && silent >= STALL_MS) this.#set({ phase: 'stalled', path: state.path });
		else if (state.phase === 'stalled' && silent >= GIVE_UP_MS) this.#retry(new Problem('client.stalled'));
		else if (state.phase === 'live' && now - this.#liveSince >= SETTLED_MS) this.#failures = 0;
	}

	#onEnd(problem: Problem): void {
		const { phase } = this.#state;
		const onWebrtc = this.#player?.path === 'webrtc' && this.#forced === undefined;
		if (onWebrtc && ONLY_WEBRTC.has(problem.code)) return this.#fallBack();
		if (
			onWebrtc &&
			phase === 'connecting' &&
			problem.code === 'client.network' &&
			problem.detail?.startsWith('webrtc')
		) {
			return this.#onNoTransport();
		}
		if (FINAL.has(problem.code)) {
			this.#stop();
			return this.#set({ phase: 'ended', problem });
		}
		this.#retry(problem);
	}

	#retry(problem: Problem): void {
		this.#stop();
		const base = RETRY_MS[Math.min(this.#failures, RETRY_MS.length - 1)] as number;
		this.#failures += 1;
		// Many tiles fail together; they need not come back together.
		const retryInMs = base * (0.75 + (this.#options.random ?? Math.random)() / 2);
		this.#set({ phase: 'waiting', problem, retryInMs });
		this.#timer = setTimeout(() => this.#connect(), retryInMs);
	}

	#stop(): void {
		clearTimeout(this.#timer);
		clearInterval(this.#ticker);
		this.#ticker = undefined;
		this.#unwatch?.();
		this.#unwatch = undefined;
		const player = this.#player;
		this.#player = undefined;
		player?.close();
	}

	#set(state: LiveState): void {
		this.#state = state;
		this.#options.onState(state);
	}
}
