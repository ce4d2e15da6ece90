import type account from './zh-CN/account';
import type agree from './zh-CN/agree';
import type auth from './zh-CN/auth';
import type camera from './zh-CN/camera';
import type cases from './zh-CN/cases';
import type consent from './zh-CN/consent';
import type core from './zh-CN/core';
import type live from './zh-CN/live';
import type manage from './zh-CN/manage';
import type onboarding from './zh-CN/onboarding';
import type policy from './zh-CN/policy';
import type privacy from './zh-CN/privacy';
import type problems from './zh-CN/problems';
import type storage from './zh-CN/storage';
import type recording from './zh-CN/recording';

/** The words of the app by area; each area is a file of its own for each language, and loads with the pages that use it. */
interface Areas {
	core: typeof core;
	problems: typeof problems;
	auth: typeof auth;
	agree: typeof agree;
	live: typeof live;
	camera: typeof camera;
	cases: typeof cases;
	manage: typeof manage;
	onboarding: typeof onboarding;
	account: typeof account;
	consent: typeof consent;
	privacy: typeof privacy;
	policy: typeof policy;
	storage: typeof storage;
	recording: typeof recording;
}

export type Area = keyof Areas;

type Intersection<U> = (U extends unknown ? (one: U) => void : never) extends (all: infer I) => void ? I : never;
/** Every message of the base language, by key. */
type Base = Intersection<Areas[Area]>;

export type Key = keyof Base;
export type Catalog = Partial<Record<Key, string>>;

/** Names of the slots in a message of the base catalog. */
export type SlotsOf<S> = S extends `${string}{${infer Name}}${infer Rest}` ? Name | SlotsOf<Rest> : never;

export type Slots<K extends Key> = Record<SlotsOf<Base[K]>, string | number>;

/**
 * Fills a message. `{name}` is a slot; `{n|one|other}` picks by the count in slot `n`, and its forms may hold slots.
 */
export function fill(message: string, slots: Readonly<Record<string, string | number>>): string {
	const counted = message.replace(
		/\{(\w+)\|((?:[^{}|]|\{\w+\})*)\|((?:[^{}|]|\{\w+\})*)\}/g,
		(_, name: string, one: string, other: string) => (Number(slots[name]) === 1 ? one : other)
	);
	return counted.replace(/\{(\w+)\}/g, (whole, name: string) => String(slots[name] ?? whole));
}
