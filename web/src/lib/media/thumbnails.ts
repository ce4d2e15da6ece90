/** Small pictures of instants: one asked for at a time, the newest wish first, a few dozen kept. */

export interface Thumbnail {
	src: string;
	at: number;
}

export interface ThumbnailsOptions {
	load: (at: number, signal: AbortSignal) => Promise<{ picture: Blob; at: number | undefined }>;
	/** `undefined`: there is no picture of that instant. */
	onPicture: (thumbnail: Thumbnail | undefined) => void;
}

const KEPT_MAX = 48;

export class Thumbnails {
	readonly #options: ThumbnailsOptions;
	readonly #kept = new Map<number, Thumbnail | undefined>();
	#running: AbortController | undefined;
	#wish: number | undefined;

	constructor(options: ThumbnailsOptions) {
		this.#options = options;
	}

	/** Wants the picture of `at`, to within `step` ms. */
	want(at: number, step: number): void {
		const key = Math.floor(at / step) * step;
		if (this.#kept.has(key)) {
			this.#wish = undefined;
			this.#options.onPicture(this.#kept.get(key));
			return;
		}
		this.#wish = key;
		if (!this.#running) void this.#run();
	}

	async #run(): Promise<void> {
		while (this.#wish !== undefined) {
			const key = this.#wish;
			const running = new AbortController();
			this.#running = running;
			let made: Thumbnail | undefined;
			try {
				const { picture, at } = await this.#options.load(key, running.signal);
				made = { src: URL.createObjectURL(picture), at: at ?? key };
			} catch {
				// No picture there; the wish is answered all the same.
			}
			if (running.signal.aborted) {
				if (made) URL.revokeObjectURL(made.src);
				return;
			}
			this.#keep(key, made);
			this.#options.onPicture(made);
			if (this.#wish === key) this.#wish = undefined;
		}
		this.#running = undefined;
	}

	#keep(key: number, thumbnail: Thumbnail | undefined): void {
		this.#kept.set(key, thumbnail);
		if (this.#kept.size <= KEPT_MAX) return;
		const [oldest] = this.#kept.keys();
		if (oldest === undefined) return;
		const gone = this.#kept.get(oldest);
		this.#kept.delete(oldest);
		if (gone) URL.revokeObjectURL(gone.src);
	}

	close(): void {
		this.#wish = undefined;
		this.#running?.abort();
		for (const thumbnail of this.#kept.values()) if (thumbnail) URL.revokeObjectURL(thumbnail.src);
		this.#kept.clear();
	}
}
