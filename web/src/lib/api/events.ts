/** Server-sent events over `fetch`: unlike EventSource it sees the status, and keeps Last-Event-ID over any failure. */
import { Problem } from './problem';

export interface ServerEvent {
	type: string;
	data: string;
}

/** Turns text, in whatever pieces it arrives, into events (WHATWG HTML, 9.2.6). */
export class EventParser {
	lastId = '';
	#rest = '';
	#type = '';
	#data: string[] = [];

	feed(text: string): ServerEvent[] {
		const events: ServerEvent[] = [];
		const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
		this.#rest = lines.pop() ?? '';
		for (const line of lines) {
			if (line === '') {
				if (this.#data.length > 0) events.push({ type: this.#type || 'message', data: this.#data.join('\n') });
				this.#type = '';
				this.#data = [];
				continue;
			}
			const colon = line.indexOf(':');
			const field = colon < 0 ? line : line.slice(0, colon);
			const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
			if (field === 'event') this.#type = value;
			else if (field === 'data') this.#data.push(value);
			else if (field === 'id' && !value.includes('\0')) this.lastId = value;
		}
		return events;
	}

	/** A connection ended: what it left half said is void, the last id stays. */
	reset(): void {
		this.#rest = '';
		this.#type = '';
		this.#data = [];
	}
}

export interface EventStreamOptions {
	url: string;
	onEvent: (event: ServerEvent) => void;
	/** Up: events flow. Down: the stream broke and is being tried again. */
	onStatus: (status: 'up' | 'down') => void;
	/** The server will not have it: nobody is signed in, say. It has ended. */
	onRefused: (problem: Problem) => void;
	fetch?: typeof fetch;
}

const RETRY_MS = [500, 1000, 2000, 4000, 8000, 15_000];
/** The server says something at least every 15 s; twice that and a little is a dead line. */
const SILENCE_MS_MAX = 35_000;

/** Stays connected until `close`. */
export class EventStream {
	readonly #options: EventStreamOptions;
	readonly #parser = new EventParser();
	readonly #end = new AbortController();
	#wake: (() => void) | undefined;

	constructor(options: EventStreamOptions) {
		this.#options = options;
		void this.#run();
	}

	close(): void {
		this.#end.abort();
		this.#wake?.();
	}

	/** Ends a pause before the next try: the network is back, or the person is. */
	retryNow(): void {
		this.#wake?.();
	}

	async #run(): Promise<void> {
		for (let failures = 0; !this.#end.signal.aborted; failures++) {
			const outcome = await this.#connect();
			if (this.#end.signal.aborted) return;
			if (outcome instanceof Problem) return this.#options.onRefused(outcome);
			if (outcome === 'had_flowed') failures = 0;
			this.#options.onStatus('down');
			const pause = RETRY_MS[Math.min(failures, RETRY_MS.length - 1)] ?? 0;
			await new Promise<void>((resolve) => {
				const timer = setTimeout(resolve, pause * (0.75 + Math.random() / 2));
				this.#wake = () => {
					clearTimeout(timer);
					resolve();
				};
			});
		}
	}

	async #connect(): Promise<Problem | 'failed' | 'had_flowed'> {
		const attempt = new AbortController();
		const end = () => attempt.abort();
		this.#end.signal.addEventListener('abort', end);
		let watchdog: ReturnType<typeof setTimeout> | undefined;
		const alive = () => {
			clearTimeout(watchdog);
			watchdog = setTimeout(end, SILENCE_MS_MAX);
		};
		let flowed = false;
		try {
			alive();
			const headers: Record<string, string> = { accept: 'text/event-stream' };
			if (this.#parser.lastId !== '') headers['last-event-id'] = this.#parser.lastId;
			const answer = await (this.#options.fetch ?? fetch)(this.#options.url, {
				headers,
				cache: 'no-store',
				credentials: 'same-origin',
				signal: attempt.signal
			});
			if (answer.status === 401 || answer.status === 403) return await Problem.of(answer);
			if (!answer.ok || !answer.body) return 'failed';
			this.#parser.reset();
			flowed = true;
			this.#options.onStatus('up');
			const decoder = new TextDecoder();
			const reader = answer.body.getReader();
			for (;;) {
				const { done, value } = await reader.read();
				if (done) break;
				alive();
				for (const event of this.#parser.feed(decoder.decode(value, { stream: true }))) this.#options.onEvent(event);
			}
		} catch {
			// The line broke; the next try says more.
		} finally {
			clearTimeout(watchdog);
			this.#end.signal.removeEventListener('abort', end);
			attempt.abort();
		}
		return flowed ? 'had_flowed' : 'failed';
	}
}
