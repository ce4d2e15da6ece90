import type { Problem } from '../api/problem';
import { type Catalog, fill, type Key, type Slots } from './catalog';
import zh from './zh-CN';

export type Language = 'zh-CN' | 'en';
export const LANGUAGES: readonly { tag: Language; name: string }[] = [
	{ tag: 'zh-CN', name: '简体中文' },
	{ tag: 'en', name: 'English' }
];

const STORED = 'language';

let language = $state<Language>('zh-CN');
let catalog = $state.raw<Catalog>(zh);

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

export async function useLanguage(next: Language): Promise<void> {
	catalog = next === 'en' ? (await import('./en')).default : zh;
	language = next;
	document.documentElement.lang = next;
}

/** Keeps the choice on this device. Only for people who have agreed to the policy. */
export function rememberLanguage(): void {
	localStorage.setItem(STORED, language);
}

/** The words for a key, in the language in use. */
export function t<K extends Key>(key: K, ...slots: keyof Slots<K> extends never ? [] : [Slots<K>]): string {
	return fill(catalog[key], slots[0] ?? {});
}

/** What went wrong, in words. */
export function problemText(problem: { code: string }): string {
	return catalog[`problem.${problem.code}` as Key] ?? catalog['problem.client.unknown'];
}

/** What to do about it, where there is something to do. */
export function remedyText(problem: { code: string }): string | undefined {
	return catalog[`remedy.${problem.code}` as Key];
}

export function warningText(code: string): string {
	return catalog[`warning.${code}` as Key] ?? t('warning.unknown', { code });
}

/** One sentence for a message line: what went wrong and what to do. */
export function sentence(problem: Problem): string {
	const remedy = remedyText(problem);
	const stop = language === 'zh-CN' ? '。' : '. ';
	return remedy === undefined ? problemText(problem) : `${problemText(problem)}${stop}${remedy}`;
}
