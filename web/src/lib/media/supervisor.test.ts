import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Problem } from '../api/problem';
import type { LivePlayer, Path, PlayerEvents } from './player';
import {
	FIRST_FRAME_MS,
	GIVE_UP_MS,
	type LiveState,
	PathMemory,
	STALL_MS,
	Supervisor,
	TRANSPORT_MS
} from './supervisor';

class FakePlayer implements LivePlayer {
	started = false;
	closed = false;
	jumps = 0;
	constructor(
		readonly path: Path,
		readonly events: PlayerEvents
	) {}
	start() {
		this.started = true;
	}
	close() {
		this.closed = true;
	}
	jumpToLive() {
		this.jumps += 1;
	}
	async stats() {
		return { path: this.path };
	}
}

function rig(options: { webrtc?: boolean; firstFrameMs?: number; paths?: PathMemory } = {}) {
	const players: FakePlayer[] = [];
	const states: LiveState[] = [];
	let onFrame: (() => void) | undefined;
	const supervisor = new Supervisor({
		make: (path, events) => {
			if (path === 'webrtc' && options.webrtc === false) return undefined;
			const player = new FakePlayer(path, events);
			players.push(player);
			return player;
		},
		frames: {
			watch: (listener) => {
				onFrame = listener;
				return () => (onFrame = undefined);
			}
		},
		paths: options.paths ?? new PathMemory(),
		onState: (state) => states.push(state),
		random: () => 0.5,
		...(options.firstFrameMs === undefined ? {} : { firstFrameMs: () => options.firstFrameMs as number })
	});
	return {
		supervisor,
		players,
		states,
		get player() {
			return players.at(-1) as FakePlayer;
		},
		get phase() {
			return supervisor.state.phase;
		},
		frame: () => onFrame?.(),
		async live() {
			this.player.events.onConnected?.();
			onFrame?.();
		}
	};
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('a view', () => {
	it('does nothing until it is wanted', async () => {
		const it = rig();
		await pass(60_000);
		expect(it.players).toEqual([]);
		expect(it.phase).toBe('idle');
	});

	it('goes over connecting to live with the first picture', async () => {
		const it = rig();
		it.supervisor.setWanted(true);
		expect(it.supervisor.state).toEqual({ phase: 'connecting', path: 'webrtc', connected: false });
		it.player.events.onConnected?.();
		expect(it.supervisor.state).toEqual({ phase: 'connecting', path: 'webrtc', connected: true });
		it.frame();
		expect(it.supervisor.state).toEqual({ phase: 'live', path: 'webrtc' });
	});

	it('is torn down at once when nobody looks any more', async () => {
		const it = rig();
		it.supervisor.setWanted(true);
		await it.live();
		it.supervisor.setWanted(false);
		expect(it.player.closed).toBe(true);
		expect(it.phase).toBe('idle');
		await pass(60_000);
		expect(it.players).toHaveLength(1);
	});

	it('starts anew when somebody looks again', async () => {
		const it = rig();
		it.supervisor.setWanted(true);
		await it.live();
		it.supervisor.setWanted(false);
		it.supervisor.setWanted(true);
		expect(it.players).toHaveLength(2);
		expect(it.player.started).toBe(true);
	});
});

describe('falling back', () => {
	it('takes MSE when no packet came through in time', async () => {
		const it = rig();
		it.supervisor.setWanted(true);
		await pass(TRANSPORT_MS - 1);
		expect(it.player.path).toBe('webrtc');
		await pass(1);
		expect(it.players[0]?.closed).toBe(true);
		expect(it.player.path).toBe('mse');
	});

	it('takes MSE at once when WebRTC has no common codec', () => {
		const it = rig();
		it.supervisor.setWanted(true);
		it.player.events.onEnd(new Problem('live.no_common_codec'));
		expect(it.player.path).toBe('mse');
	});

	it('takes MSE at once when the ICE agent gives up', () => {
		const it = rig();
		it.supervisor.setWanted(true);
		it.player.events.onEnd(new Problem('client.network', { detail: 'webrtc failed' }));
		expect(it.player.path).toBe('mse');
	});

	it('takes MSE where the browser has no WebRTC', () => {
		const it = rig({ webrtc: false });
		it.supervisor.setWanted(true);
		expect(it.player.path).toBe('mse');
	});

	it('lets other views of the page know, for a while', async () => {
		const paths = new PathMemory();
		const first = rig({ paths });
		first.supervisor.setWanted(true);
		await pass(TRANSPORT_MS);
		const second = rig({ paths });
		second.supervisor.setWanted(true);
		expect(second.player.path).toBe('mse');
		first.supervisor.setWanted(false);
		second.supervisor.setWanted(false);
		await pass(PathMemory.FORGET_MS);
		second.supervisor.setWanted(true);
		expect(second.player.path).toBe('webrtc');
	});

	it('does not blame the network for a codec', () => {
		const paths = new PathMemory();
		const first = rig({ paths });
		first.supervisor.setWanted(true);
		first.player.events.onEnd(new Problem('live.no_common_codec'));
		const second = rig({ paths });
		second.supervisor.setWanted(true);
		expect(second.player.path).toBe('webrtc');
	});

	it('ends when MSE cannot play the video either', async () => {
		const it = rig();
		it.supervisor.setWanted(true);
		it.player.events.onEnd(new Problem('live.no_common_codec'));
		it.player.events.onEnd(new Problem('live.h265_unsupported'));
		expect(it.phase).toBe('ended');
		await pass(120_000);
		expect(it.players).toHaveLength(2);
	});

	it('keeps to the transport that sound needs', async () => {
		const it = rig();
		it.supervisor.setWanted(true);
		await it.live();
		it.supervisor.force('mse');
		expect(it.player.path).toBe('mse');
		await it.live();
		it.player.events.onEnd(new Problem('client.network'));
		await pass(1000);
		expect(it.player.path).toBe('mse');
		it.supervisor.force(undefined);
		expect(it.player.path).toBe('webrtc');
	});
});

describe('a stall', () => {
	it('is told after three seconds without a picture, and is over with the next one', async () => {
		const it = rig();
		it.supervisor.setWanted(true);
		await it.live();
		await pass(STALL_MS + 500);
		expect(it.phase).toBe('stalled');
		it.frame();
		expect(it.phase).toBe('live');
		expect(it.players).toHaveLength(1);
	});

	it('leads to a new connection when it lasts', async () => {
		const it = rig();
		it.supervisor.setWanted(true);
		await it.live();
		await pass(GIVE_UP_MS + 100);
		expect(it.supervisor.state).toMatchObject({ phase: 'waiting', problem: { code: 'client.stalled' } });
		await pass(1000);
		expect(it.players).toHaveLength(2);
	});

	it('is not seen while pictures keep coming', async () => {
		const it = rig();
		it.supervisor.setWanted(true);
		await it.live();
		for (let i = 0; i < 100; i++) {
			await pass(200);
			it.frame();
		}
		expect(it.states.filter(({ phase }) => phase === 'stalled')).toEqual([]);
	});
});

describe('trying again', () => {
	it('waits longer every time', async () => {
		const it = rig();
		it.supervisor.setWanted(true);
		const waits: number[] = [];
		for (let i = 0; i < 7; i++) {
			it.player.events.onEnd(new Problem('live.not_ready'));
			const { state } = it.supervisor;
			waits.push(state.phase === 'waiting' ? state.retryInMs : NaN);
			await pass(20_000 > waits[i]! ? waits[i]! : 20_000);
		}
		expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000]);
	});

	it('begins with the shortest wait again after ten settled seconds', async () => {
		const it = rig();
		it.supervisor.setWanted(true);
		it.player.events.onEnd(new Problem('live.not_ready'));
		await pass(500);
		it.player.events.onEnd(new Problem('live.not_ready'));
		await pass(1000);
		await it.live();
		for (let i = 0; i < 22; i++) {
			await pass(500);
			it.frame();
		}
		it.player.events.onEnd(new Problem('client.network'));
		expect(it.supervisor.state).toMatchObject({ phase: 'waiting', retryInMs: 500 });
	});

	it('takes the other transport when one connects and shows nothing', async () => {
		const it = rig();
		it.supervisor.setWanted(true);
		it.player.events.onConnected?.();
		await pass(FIRST_FRAME_MS);
		expect(it.supervisor.state).toMatchObject({ phase: 'waiting', problem: { code: 'client.no_picture' } });
		await pass(500);
		expect(it.player.path).toBe('mse');
	});

	it('waits longer for the first picture where key pictures are far apart', async () => {
		const it = rig({ firstFrameMs: 60_000 });
		it.supervisor.setWanted(true);
		it.player.events.onConnected?.();
		await pass(59_000);
		expect(it.phase).toBe('connecting');
	});

	it('does not repeat what will be refused again', async () => {
		for (const code of ['role.too_low', 'not_found', 'session.none']) {
			const it = rig();
			it.supervisor.setWanted(true);
			it.player.events.onEnd(new Problem(code));
			expect(it.supervisor.state).toMatchObject({ phase: 'ended', problem: { code } });
			await pass(120_000);
			expect(it.players).toHaveLength(1);
		}
	});

	it('is done at once when a person asks', async () => {
		const it = rig();
		it.supervisor.setWanted(true);
		it.player.events.onEnd(new Problem('live.too_many'));
		it.supervisor.restart();
		expect(it.phase).toBe('connecting');
		expect(it.players).toHaveLength(2);
	});

	it('ignores what a replaced player still says', async () => {
		const it = rig();
		it.supervisor.setWanted(true);
		const old = it.player;
		it.supervisor.restart();
		old.events.onEnd(new Problem('not_found'));
		old.events.onConnected?.();
		expect(it.supervisor.state).toEqual({ phase: 'connecting', path: 'webrtc', connected: false });
	});
});
