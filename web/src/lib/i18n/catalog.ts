import type base from './zh-CN';

export type Key = keyof typeof base;
export type Catalog = Record<Key, string>;

/** Names of the slots in a message of the base catalog. */
export type SlotsOf<S extends string> = S extends `${string}{${infer Name}}${infer Rest}`
	? Name | SlotsOf<Rest>
	: never;

export type Slots<K extends Key> = Record<SlotsOf<(typeof base)[K]>, string | number>;

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
