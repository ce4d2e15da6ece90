import { afterEach, describe, expect, it, vi } from 'vitest';
import { api, whenNotAgreed, whenSignedOut } from './client';
import { lines, manage } from './manage';
import { Problem } from './problem';

const bytes = (...pieces: (string | Uint8Array)[]) =>
	new ReadableStream<Uint8Array>({
		start(controller) {
			for (const piece of pieces)
				controller.enqueue(typeof piece === 'string' ? new TextEncoder().encode(piece) : piece);
			controller.close();
		}
	});

async function collect(stream: ReadableStream<Uint8Array>): Promise<string[]> {
	const out: string[] = [];
	for await (const line of lines(stream)) out.push(line);
	return out;
}

afterEach(() => void vi.unstubAllGlobals());

describe('lines', () => {
	it('joins what was cut, and yields the last line without its end', async () => {
		expect(await collect(bytes('{"a"', ':1}\n\n{"b":2}\n{"c"', ':3}'))).toEqual(['{"a":1}', '{"b":2}', '{"c":3}']);
	});

	it('joins a letter that was cut in the middle', async () => {
		const text = new TextEncoder().encode('门口\n');
		expect(await collect(bytes(text.slice(0, 2), text.slice(2)))).toEqual(['门口']);
	});
});

describe('problems', () => {
	const answer = (response: Response) => vi.stubGlobal('fetch', async () => response);

	it('carry code, field and request id from problem details', async () => {
		answer(
			Response.json(
				{ code: 'request.invalid', field: 'email', request_id: 'r1', detail: 'x' },
				{ status: 422, headers: { 'x-request-id': 'r2' } }
			)
		);
		await expect(api.server()).rejects.toMatchObject({
			code: 'request.invalid',
			status: 422,
			field: 'email',
			requestId: 'r1'
		});
	});

	it('have the meaning of the status when the body is no problem document', async () => {
		answer(new Response('<html>', { status: 502, headers: { 'x-request-id': 'r2' } }));
		await expect(api.server()).rejects.toMatchObject({ code: 'client.network', requestId: 'r2' });
		answer(new Response('', { status: 500 }));
		await expect(api.server()).rejects.toMatchObject({ code: 'internal' });
	});

	it('say that nobody answers when the request fails', async () => {
		vi.stubGlobal('fetch', async () => Promise.reject(new TypeError('Failed to fetch')));
		await expect(api.server()).rejects.toMatchObject({ code: 'client.network' });
	});

	it('tell the app when the session is gone', async () => {
		const gone = vi.fn();
		whenSignedOut(gone);
		answer(Response.json({ code: 'session.none' }, { status: 401 }));
		await expect(api.cameras()).rejects.toBeInstanceOf(Problem);
		expect(gone).toHaveBeenCalledOnce();
	});

	it('tell the app when the policy is not agreed to, and leave the session alone', async () => {
		const gone = vi.fn();
		const notAgreed = vi.fn();
		whenSignedOut(gone);
		whenNotAgreed(notAgreed);
		answer(Response.json({ code: 'policy.not_agreed' }, { status: 403 }));
		await expect(api.cameras()).rejects.toMatchObject({ code: 'policy.not_agreed', status: 403 });
		expect(notAgreed).toHaveBeenCalledOnce();
		expect(gone).not.toHaveBeenCalled();
	});

	it('carry the purpose that lacks a consent', async () => {
		answer(Response.json({ code: 'consent.needed', purpose: 'video.sound' }, { status: 403 }));
		await expect(manage.editCamera('c', { audio: 'live' })).rejects.toMatchObject({
			code: 'consent.needed',
			purpose: 'video.sound'
		});
	});
});
