import type { Page } from '$lib/api/privacy';
import { Problem } from '$lib/api/problem';

/** Something read from the server, with how the reading goes. Read again by itself when the network is back. */
export class Fetched<T> {
	value = $state.raw<T>();
	problem = $state.raw<Problem>();
	readonly #read: () => Promise<T>;
	#round = 0;

	constructor(read: () => Promise<T>) {
		this.#read = read;
	}

	async load(): Promise<void> {
		const round = ++this.#round;
		this.problem = undefined;
		try {
			const value = await this.#read();
			if (round === this.#round) this.value = value;
		} catch (error) {
			if (round === this.#round) this.problem = Problem.from(error);
		}
	}

	/** Begins, and goes on until the returned function is called. */
	readonly follow = (): (() => void) => {
		void this.load();
		const again = () => this.problem?.code === 'client.network' && void this.load();
		addEventListener('online', again);
		return () => removeEventListener('online', again);
	};
}

/** A list that is read a stretch at a time, newest first. */
export class Listed<Item> {
	items = $state.raw<Item[]>();
	problem = $state.raw<Problem>();
	busy = $state(false);
	#next = $state<string>();
	readonly #read: (before?: string) => Promise<Page<Item>>;
	#round = 0;

	constructor(read: (before?: string) => Promise<Page<Item>>) {
		this.#read = read;
	}

	/** There is more, further back. */
	get more(): boolean {
		return this.#next !== undefined;
	}

	/** From the newest on. */
	async load(): Promise<void> {
		this.items = undefined;
		this.#next = undefined;
		await this.#fetch();
	}

	async older(): Promise<void> {
		if (this.more && !this.busy) await this.#fetch(this.#next);
	}

	/** After a failure: where it stopped. */
	readonly retry = (): void => void this.#fetch(this.#next);

	readonly follow = (): (() => void) => {
		void this.load();
		const again = () => this.problem?.code === 'client.network' && this.retry();
		addEventListener('online', again);
		return () => removeEventListener('online', again);
	};

	async #fetch(before?: string): Promise<void> {
		const round = ++this.#round;
		this.busy = true;
		this.problem = undefined;
		try {
			const page = await this.#read(before);
			if (round !== this.#round) return;
			this.items = [...(this.items ?? []), ...page.items];
			this.#next = page.next;
		} catch (error) {
			if (round === this.#round) this.problem = Problem.from(error);
		} finally {
			if (round === this.#round) this.busy = false;
		}
	}
}
