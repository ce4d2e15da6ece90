// What is done to cameras and their footage: apart, because the start needs none of it.
import { BASE, camera, json, read, send } from './client';
import type {
	Aim,
	Camera,
	CameraEdit,
	Controls,
	GoneCamera,
	Imaging,
	ImagingEdit,
	MadeStreamKey,
	NewCamera,
	PolicyDocument,
	Preset,
	ProbeLine,
	ProbeTarget,
	SearchLine,
	Session,
	SetUp,
	StorageReport,
	Keep,
	StreamKeys,
	TimelineAnswer
} from './types';

const range = (from: number, to: number) =>
	`from=${encodeURIComponent(new Date(from).toISOString())}&to=${encodeURIComponent(new Date(to).toISOString())}`;

export const manage = {
	storage: () => read<StorageReport>('/storage'),
	policy: () => read<PolicyDocument>('/policy'),
	setUp: (body: SetUp) => read<Session>('/setup', json('POST', body)),

	addCamera: (body: NewCamera) => read<Camera>('/cameras', json('POST', body)),
	editCamera: (id: string, body: CameraEdit) => read<Camera>(camera(id), json('PATCH', body)),
	/** Nobody's footage is lost by saying nothing: what becomes of it is said each time. */
	removeCamera: (id: string, footage: 'keep' | 'erase', evenLocked = false) =>
		send(`${camera(id)}?footage=${footage}${evenLocked ? '&even_locked=true' : ''}`, { method: 'DELETE' }),
	goneCameras: async () => (await read<{ cameras: GoneCamera[] }>('/cameras/gone')).cameras,

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

	timeline: (id: string, from: number, to: number, signal?: AbortSignal) =>
		read<TimelineAnswer>(`${camera(id)}/timeline?${range(from, to)}`, signal ? { signal } : {}),

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

/** Addresses of what is moved or was recorded, that the browser itself fetches. */
export const links = {
	move: (id: string) => {
		const at = new URL(`${BASE}${camera(id)}/move.ws`, location.href);
		at.protocol = at.protocol.replace('http', 'ws');
		return at.href;
	},
	playlist: (id: string, from: number, to: number) => `${BASE}${camera(id)}/playback.m3u8?${range(from, to)}`,
	download: (id: string, from: number, to: number) => `${BASE}${camera(id)}/recording.mp4?${range(from, to)}`
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
