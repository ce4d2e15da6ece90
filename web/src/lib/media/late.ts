import { Problem } from '../api/problem';
import type { LivePlayer, LiveStats, Path, PlayerEvents } from './player';

/** A player whose code is fetched when it is first needed. */
export class LatePlayer implements LivePlayer {
	readonly path: Path;
	readonly #load: () => Promise<LivePlayer>;
	readonly #onEnd: PlayerEvents['onEnd'];
	#player: LivePlayer | undefined;
	#closed = false;

	constructor(path: Path, load: () => Promise<LivePlayer>, onEnd: PlayerEvents['onEnd']) {
		this.path = path;
		this.#load = load;
		this.#onEnd = onEnd;
	}

	start(): void {
		this.#load().then(
			(player) => {
				if (this.#closed) return;
				this.#player = player;
				player.start();
			},
			(error: unknown) => {
				if (!this.#closed) this.#onEnd(Problem.from(error));
			}
		);
	}

	close(): void {
		this.#closed = true;
		this.#player?.close();
	}

	jumpToLive(): void {
		this.#player?.jumpToLive();
	}

	async stats(): Promise<LiveStats> {
		return this.#player?.stats() ?? { path: this.path };
	}
}
