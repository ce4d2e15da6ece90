import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EventParser, EventStream, type ServerEvent } from './events';

describe('EventParser', () => {
	it('reads events with type, data and id', () => {
		const parser = new EventParser();
		expect(parser.feed('id: 7\nevent: camera\ndata: {"id":"a"}\n\n')).toEqual([{ type: 'camera', data: '{"id":"a"}' }]);
		expect(parser.lastId).toBe('7');
	});

	it('reads the same events however the text is cut', () => {
		const text = ': hello\r\n\r\nevent: a\r\ndata: 1\r\ndata: 2\r\n\r\nid: 9\ndata:x\n\n';
		const whole = new EventParser().feed(text);
		for (let cut = 1; cut < text.length; cut++) {
			const parser = new EventParser();
			expect([...parser.feed(text.slice(0, cut)), ...parser.feed(text.slice(cut))], `cut at ${cut}`).toEqual(whole);
		}
		expect(whole).toEqual([
			{ type: 'a', data: '1\n2' },
			{ type: 'message', data: 'x' }
		]);
	});

	it('takes no event from a comment or from a half-said one', () => {
		const parser = new EventParser();
		expect(parser.feed(': beat\n\ndata: half')).toEqual([]);
		parser.reset();
		expect(parser.feed('\n\n')).toEqual([]);
	});
});

describe('EventStream', () => {
	beforeEach(() => void vi.useFakeTimers());
	afterEach(() => void vi.useRealTimers());

	function setup(answers: ((signal: AbortSignal) => Response | Promise<Response>)[]) {
		const seen: ServerEvent[] = [];
		const statuses: string[] = [];
		const asked: (string | undefined)[] = [];
		const stream = new EventStream({
			url: '/state',
			onEvent: (event) => seen.push(event),
			onStatus: (status) => statuses.push(status),
			onRefused: ({ code }) => statuses.push(code),
			fetch: async (_, init) => {
				asked.push((init?.headers as Record<string, string>)['last-event-id']);
				const next = answers.shift();
				if (!next) return new Promise(() => {});
				return next(init?.signal as AbortSignal);
			}
		});
		return { stream, seen, statuses, asked };
	}

	it('comes back after the line breaks and says where it left off', async () => {
		const { stream, seen, statuses, asked } = setup([
			() => new Response('id: 41\nevent: camera\ndata: 1\n\n'),
			() => new Response('id: 42\nevent: camera\ndata: 2\n\n')
		]);
		await vi.advanceTimersByTimeAsync(2000);
		stream.close();
		expect(seen.map(({ data }) => data)).toEqual(['1', '2']);
		expect(asked).toEqual([undefined, '41', '42']);
		expect(statuses).toEqual(['up', 'down', 'up', 'down']);
	});

	it('ends when nobody is signed in', async () => {
		const { statuses, asked } = setup([() => new Response(null, { status: 401 })]);
		await vi.advanceTimersByTimeAsync(60_000);
		expect(statuses).toEqual(['session.none']);
		expect(asked).toHaveLength(1);
	});

	it('takes a silent line for a dead one', async () => {
		const silent = (signal: AbortSignal) =>
			new Response(
				new ReadableStream({
					start(controller) {
						controller.enqueue(new TextEncoder().encode(': hi\n\n'));
						signal.addEventListener('abort', () => controller.error(signal.reason));
					}
				})
			);
		const { stream, statuses, asked } = setup([silent]);
		await vi.advanceTimersByTimeAsync(34_000);
		expect(statuses).toEqual(['up']);
		await vi.advanceTimersByTimeAsync(2000);
		stream.close();
		expect(statuses).toEqual(['up', 'down']);
		expect(asked).toHaveLength(2);
	});

	it('waits longer after every failure, and not at all when told that the network is back', async () => {
		const { stream, asked } = setup(Array.from({ length: 8 }, () => () => Promise.reject(new TypeError('no network'))));
		await vi.advanceTimersByTimeAsync(700);
		expect(asked).toHaveLength(2);
		await vi.advanceTimersByTimeAsync(1400);
		expect(asked).toHaveLength(3);
		stream.retryNow();
		await vi.advanceTimersByTimeAsync(0);
		expect(asked).toHaveLength(4);
		stream.close();
	});
});
