/** How cameras are recorded: what only the pages about it load. */
import { json, read, send } from '$lib/api/client';
import type { Camera } from '$lib/api/types';
import type { components } from '$lib/api/schema';

type Schemas = components['schemas'];

export type Plan = Schemas['Plan'];
export type Mode = Plan['mode'];
export type PlanEdit = Schemas['PlanEdit'];
export type Health = Schemas['Health'];
export type Forecast = Schemas['Forecast'];
export type WouldGo = Schemas['WouldGo'];
export type Home = Schemas['Home'];
export type Mark = Schemas['Mark'];

const camera = (id: string) => `/cameras/${encodeURIComponent(id)}`;
const home = (id: string) => `/homes/${encodeURIComponent(id)}`;
const time = (at: number) => encodeURIComponent(new Date(at).toISOString());
const switched = (on: boolean, until: number | undefined) =>
	json('PUT', until === undefined ? { on } : { on, until: new Date(until).toISOString() });

export const recording = {
	plan: (id: string) => read<Plan>(`${camera(id)}/plan`),
	editPlan: (id: string, edit: PlanEdit) => read<Plan>(`${camera(id)}/plan`, json('PATCH', edit)),
	health: (id: string) => read<Health>(`${camera(id)}/health`),
	events: async (id: string, from: number, to: number, signal?: AbortSignal) =>
		(
			await read<Schemas['CameraEvents']>(
				`${camera(id)}/events?from=${time(from)}&to=${time(to)}`,
				signal ? { signal } : {}
			)
		).events,
	wouldGo: (id: string) => read<WouldGo>(`${camera(id)}/would-go?remove=true`),
	forecast: (homeId: string) => read<Forecast>(`/forecast?home_id=${encodeURIComponent(homeId)}`),
	home: (id: string) => read<Home>(home(id)),
	setZone: (id: string, zone: string) => send(home(id), json('PATCH', { zone })),
	homePrivacy: (id: string, on: boolean, until?: number) => send(`${home(id)}/privacy`, switched(on, until)),
	privacy: (id: string, on: boolean, until?: number) => read<Camera>(`${camera(id)}/privacy`, switched(on, until))
};
