import type { Problem } from '../api/problem';
import routes from './areas.json';
import { type Area, type Catalog, fill, type Key, type Slots } from './catalog';

export type { Area } from './catalog';
export type Language = 'zh-CN' | 'en';
export const LANGUAGES: readonly { tag: Language; name: string }[] = [
	{ tag: 'zh-CN', name: '简体中文' },
	{ tag: 'en', name: 'English' }
];

const STORED = 'language';
/** A chunk for each area and language. */
const FILES = import.meta.glob<Catalog>('./{zh-CN,en}/*.ts', { import: 'default' });

let language = $state<Language>('zh-CN');
let catalog = $state.raw<Catalog>({});
// Nothing on the screen depends on these two, only on the words themselves.
/* eslint-disable svelte/prefer-svelte-reactivity */
/** What has been asked for so far: a change of language brings all of it. */
const wanted = new Set<Area>(['core']);
/** What is there, as `language/area`. */
const ready = new Set<string>();
/* eslint-enable svelte/prefer-svelte-reactivity */

export const i18n = {
	get language(): Language {
		return language;
	}
};

/** The language a person chose before, else the nearest to the browser's. */
export function preferred(): Language {
	const wish = localStorage.getItem(STORED) ?? navigator.language;
	return wish.toLowerCase().startsWith('zh') ? 'zh-CN' : 'en';
}

async function read(language: Language, areas: Iterable<Area>): Promise<Catalog> {
	const found = await Promise.all([...areas].map((area) => FILES[`./${language}/${area}.ts`]?.()));
	return Object.assign({}, ...found) as Catalog;
}

/** Brings the words of these areas, in the language in use. */
export async function words(...areas: Area[]): Promise<void> {
	for (const area of areas) wanted.add(area);
	for (;;) {
		const speaking = language;
		const missing = [...wanted].filter((area) => !ready.has(`${speaking}/${area}`));
		if (missing.length === 0) return;
		const found = await read(speaking, missing);
		// The language may have changed meanwhile; then its words come with another round.
		if (speaking !== language) continue;
		catalog = { ...catalog, ...found };
		for (const area of missing) ready.add(`${speaking}/${area}`);
	}
}

/** Brings the words of a page. */
export const wordsOf = (route: string | null): Promise<void> =>
	words(...(((routes as Record<string, string[]>)[route ?? ''] ?? []) as Area[]));

/** Changes to a language once all the words in use are there in it. */
export async function useLanguage(next: Language): Promise<void> {
	const areas = [...wanted];
	const found = await read(next, areas);
	catalog = found;
	language = next;
	ready.clear();
	for (const area of areas) ready.add(`${next}/${area}`);
	document.documentElement.lang = next;
	// An area that was asked for while the words travelled.
	await words();
}

/** Before anything is shown: only says in which language to begin. */
export function beginIn(first: Language): void {
	language = first;
	document.documentElement.lang = first;
}

/** Keeps the choice on this device. Only for people who have agreed to the policy. */
export function rememberLanguage(): void {
	localStorage.setItem(STORED, language);
}

/** The words for a key, in the language in use. */
export function t<K extends Key>(key: K, ...slots: keyof Slots<K> extends never ? [] : [Slots<K>]): string {
	return fill(catalog[key] ?? key, slots[0] ?? {});
}

/** Words of an open family of keys, where a newer server may name something that this page has no words for. */
export function maybe(key: string): string | undefined {
	return catalog[key as Key];
}

/** What went wrong, in words. */
export function problemText(problem: { code: string }): string {
	return maybe(`problem.${problem.code}`) ?? t('problem.client.unknown');
}

/** What to do about it, where there is something to do. */
export function remedyText(problem: { code: string }): string | undefined {
	return maybe(`remedy.${problem.code}`);
}

export function warningText(code: string): string {
	return maybe(`warning.${code}`) ?? t('warning.unknown', { code });
}

/** One sentence for a message line: what went wrong and what to do. */
export function sentence(problem: Problem): string {
	const remedy = remedyText(problem);
	const stop = language === 'zh-CN' ? '。' : '. ';
	return remedy === undefined ? problemText(problem) : `${problemText(problem)}${stop}${remedy}`;
}
