import { Problem } from './problem';
import type {
	Aim,
	Camera,
	CameraEdit,
	Controls,
	Imaging,
	ImagingEdit,
	MadeStreamKey,
	NewCamera,
	PolicyDocument,
	Preset,
	ProbeLine,
	ProbeTarget,
	SearchLine,
	ServerInfo,
	Session,
	SetUp,
	Keep,
	StorageReport,
	StreamKeys,
	TimelineAnswer
} from './types';

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

const camera = (id: string) => `/cameras/${encodeURIComponent(id)}`;
const range = (from: number, to: number) =>
	`from=${encodeURIComponent(new Date(from).toISOString())}&to=${encodeURIComponent(new Date(to).toISOString())}`;

export const api = {
	server: () => read<ServerInfo>('/server'),
	policy: () => read<PolicyDocument>('/policy'),

	setUp: (body: SetUp) => read<Session>('/setup', json('POST', body)),
	signIn: (email: string, password: string) => read<Session>('/session', json('POST', { email, password })),
	session: () => read<Session>('/session'),
	signOut: () => send('/session', { method: 'DELETE' }),

	cameras: async () => (await read<{ cameras: Camera[] }>('/cameras')).cameras,
	camera: (id: string) => read<Camera>(camera(id)),
	addCamera: (body: NewCamera) => read<Camera>('/cameras', json('POST', body)),
	editCamera: (id: string, body: CameraEdit) => read<Camera>(camera(id), json('PATCH', body)),
	removeCamera: (id: string, evenLocked = false) =>
		send(`${camera(id)}${evenLocked ? '?even_locked=true' : ''}`, { method: 'DELETE' }),

	controls: (id: string) => read<Controls>(`${camera(id)}/controls`),
	aim: (id: string, aim: Aim) => send(`${camera(id)}/aim`, json('POST', aim)),
	savePreset: (id: string, name: string) => read<Preset>(`${camera(id)}/presets`, json('POST', { name })),
	removePreset: (id: string, preset: string) =>
		send(`${camera(id)}/presets/${encodeURIComponent(preset)}`, { method: 'DELETE' }),
	setImaging: (id: string, edit: ImagingEdit) => read<Imaging>(`${camera(id)}/imaging`, json('PATCH', edit)),
	switchCamera: (id: string, token: string, on: boolean) => send(`${camera(id)}/switch`, json('POST', { token, on })),
	restartCamera: (id: string) => send(`${camera(id)}/restart`, { method: 'POST' }),
	setCameraClock: (id: string) => read<{ clock_off_s: number }>(`${camera(id)}/clock`, { method: 'POST' }),

	streamKeys: (id: string) => read<StreamKeys>(`${camera(id)}/stream-keys`),
	makeStreamKey: (id: string, name: string) => read<MadeStreamKey>(`${camera(id)}/stream-keys`, json('POST', { name })),
	revokeStreamKey: (id: string, key: string) =>
		send(`${camera(id)}/stream-keys/${encodeURIComponent(key)}`, { method: 'DELETE' }),

	keep: (id: string) => read<Keep>(`${camera(id)}/keep`),
	setKeep: (id: string, keep: Keep) => read<Keep>(`${camera(id)}/keep`, json('PUT', keep)),

	storage: () => read<StorageReport>('/storage'),
	timeline: (id: string, from: number, to: number, signal?: AbortSignal) =>
		read<TimelineAnswer>(`${camera(id)}/timeline?${range(from, to)}`, signal ? { signal } : {}),

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
	},

	/** Exact size of a download in bytes, where the server tells it. */
	async downloadSize(id: string, from: number, to: number, signal?: AbortSignal): Promise<number | undefined> {
		const answer = await send(`${camera(id)}/recording.mp4?${range(from, to)}`, {
			method: 'HEAD',
			...(signal ? { signal } : {})
		});
		const length = Number(answer.headers.get('content-length') ?? NaN);
		return Number.isFinite(length) && length > 0 ? length : undefined;
	},

	/** Looks for cameras: `onLine` hears each as it answers. Ends by itself within a minute, and with `signal`. */
	async searchCameras(
		sweep: string | undefined,
		onLine: (line: SearchLine) => void,
		signal: AbortSignal
	): Promise<void> {
		const body = sweep === undefined ? {} : { sweep };
		const answer = await send('/cameras/search', { ...json('POST', body), signal });
		if (!answer.body) return;
		for await (const line of lines(answer.body)) onLine(JSON.parse(line) as SearchLine);
	},

	/** Tries an address, step by step: `onLine` hears each line as it arrives. */
	async testCamera(target: ProbeTarget, onLine: (line: ProbeLine) => void, signal: AbortSignal): Promise<void> {
		const answer = await send('/cameras/test', { ...json('POST', target), signal });
		if (!answer.body) return;
		for await (const line of lines(answer.body)) onLine(JSON.parse(line) as ProbeLine);
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
	move: (id: string) => {
		const at = new URL(`${BASE}${camera(id)}/move.ws`, location.href);
		at.protocol = at.protocol.replace('http', 'ws');
		return at.href;
	},
	playlist: (id: string, from: number, to: number) => `${BASE}${camera(id)}/playback.m3u8?${range(from, to)}`,
	download: (id: string, from: number, to: number) => `${BASE}${camera(id)}/recording.mp4?${range(from, to)}`,
	state: `${BASE}/state`
};

/** Splits a stream of bytes into its non-empty lines of text. */
export async function* lines(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
	const decoder = new TextDecoder();
	const reader = stream.getReader();
	let rest = '';
	try {
		for (;;) {
			const { done, value } = await reader.read();
			rest += done ? decoder.decode() : decoder.decode(value, { stream: true });
			const parts = rest.split('\n');
			rest = done ? '' : (parts.pop() ?? '');
			for (const part of parts) if (part.trim() !== '') yield part;
			if (done) return;
		}
	} finally {
		await reader.cancel().catch(() => {});
	}
}
