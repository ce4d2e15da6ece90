import { BASE, json, read, send } from './client';
import type { components } from './schema';

type Schemas = components['schemas'];
type Sent<T> = { [Key in keyof T]: Exclude<T[Key], null> };

/** Footage that stays until somebody unlocks it. */
export type Lock = Sent<Schemas['Lock']>;
/** Footage of several cameras as one zip that proves itself. */
export type Case = Sent<Schemas['Case']>;
export type CaseList = Omit<Schemas['Cases'], 'cases'> & { cases: Case[] };

export const caseUrl = (id: string): string => `${BASE}/cases/${encodeURIComponent(id)}/case.zip`;

const times = (from: number, to: number) => ({ from: new Date(from).toISOString(), to: new Date(to).toISOString() });

export const cases = {
	locks: async () => (await read<{ locks: Lock[] }>('/locks')).locks,
	lock: (cameras: string[], from: number, to: number, reason: string, expires: number | undefined) =>
		read<Lock>(
			'/locks',
			json('POST', {
				camera_ids: cameras,
				...times(from, to),
				reason,
				...(expires === undefined ? {} : { expires_at: new Date(expires).toISOString() })
			})
		),
	unlock: (id: string) => send(`/locks/${encodeURIComponent(id)}`, { method: 'DELETE' }),

	/** What a download is known by. The server reads all of it, so this takes as long as the download. */
	async hash(camera: string, from: number, to: number, signal: AbortSignal): Promise<string> {
		const query = new URLSearchParams(times(from, to));
		const answer = await send(`/cameras/${encodeURIComponent(camera)}/recording.mp4.sha256?${query}`, { signal });
		return (await answer.text()).split(' ')[0] ?? '';
	},

	list: () => read<CaseList>('/cases'),
	make: (cameras: string[], from: number, to: number, reason: string) =>
		read<Case>('/cases', json('POST', { camera_ids: cameras, ...times(from, to), ...(reason ? { reason } : {}) })),
	end: (id: string) => send(`/cases/${encodeURIComponent(id)}`, { method: 'DELETE' })
};
