import { Problem } from './problem';
import type { Camera, ServerInfo, Session } from './types';

export const BASE = '/api/v1';

type Send = (path: string, init?: RequestInit) => Promise<Response>;

/** Called once for every answer that says that nobody is signed in. */
let onSignedOut: () => void = () => {};

export function whenSignedOut(handler: () => void): void {
	onSignedOut = handler;
}

/** Called for every answer that says that the present policy has not been agreed to. */
let onNotAgreed: () => void = () => {};

export function whenNotAgreed(handler: () => void): void {
	onNotAgreed = handler;
}

/** Sends to the server and throws a {@link Problem} for everything but success. */
export const send: Send = async (path, init) => {
	let response: Response;
	try {
		response = await fetch(BASE + path, { credentials: 'same-origin', ...init });
	} catch (error) {
		if (error instanceof DOMException && error.name === 'AbortError') throw error;
		throw Problem.from(error);
	}
	if (response.ok) return response;
	const problem = await Problem.of(response);
	if (problem.code === 'session.none') onSignedOut();
	if (problem.code === 'policy.not_agreed') onNotAgreed();
	throw problem;
};

export const read = async <T>(path: string, init?: RequestInit): Promise<T> =>
	(await (await send(path, init)).json()) as T;

export const json = (method: string, body: unknown): RequestInit => ({
	method,
	headers: { 'content-type': 'application/json' },
	body: JSON.stringify(body)
});

export const camera = (id: string) => `/cameras/${encodeURIComponent(id)}`;

export const api = {
	server: () => read<ServerInfo>('/server'),

	signIn: (email: string, password: string) => read<Session>('/session', json('POST', { email, password })),
	session: () => read<Session>('/session'),
	signOut: () => send('/session', { method: 'DELETE' }),

	cameras: async () => (await read<{ cameras: Camera[] }>('/cameras')).cameras,
	camera: (id: string) => read<Camera>(camera(id)),
	/** A picture of now, or of the instant `at` (ms), at most `width` pixels wide, with the time at which it was taken. */
	async still(
		id: string,
		{ at, width, signal }: { at?: number | undefined; width?: number; signal?: AbortSignal } = {}
	): Promise<{ picture: Blob; at: number | undefined }> {
		const query = new URLSearchParams();
		if (at !== undefined) query.set('at', new Date(at).toISOString());
		if (width !== undefined) query.set('width', String(width));
		const answer = await send(`${camera(id)}/snapshot.jpg?${query}`, signal ? { signal } : {});
		const taken = Date.parse(answer.headers.get('x-picture-time') ?? '');
		return { picture: await answer.blob(), at: Number.isNaN(taken) ? at : taken };
	}
};

/** Addresses that the browser itself fetches. */
export const url = {
	whep: (id: string, stream: string) => `${BASE}${camera(id)}/whep?stream=${stream}`,
	live: (id: string, stream: string) => {
		const at = new URL(`${BASE}${camera(id)}/live.ws?stream=${stream}`, location.href);
		at.protocol = at.protocol.replace('http', 'ws');
		return at.href;
	},
	state: `${BASE}/state`
};
