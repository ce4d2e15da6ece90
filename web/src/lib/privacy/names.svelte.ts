import { privacy, type Text } from '$lib/api/privacy';
import { i18n } from '$lib/i18n/index.svelte';
import { namesIn } from './told';
import { cameras } from '$lib/state/cameras.svelte';

/** The words in the language in use, or whatever there is. */
export function said(text: Text | string | undefined): string {
	if (typeof text === 'string' || text === undefined) return text ?? '';
	return text[i18n.language] ?? text['zh-CN'] ?? Object.values(text)[0] ?? '';
}

/** The names that the policy gives to purposes, recipients and kinds of data. */
class Names {
	#known = $state.raw<Readonly<Record<string, string>>>({});
	#language: string | undefined;

	/** Reads them once for each language. Without them, things go by their ids. */
	async load(): Promise<void> {
		const language = i18n.language;
		if (this.#language === language) return;
		this.#language = language;
		try {
			const page = await privacy.page(language);
			if (language === i18n.language) this.#known = namesIn(page);
		} catch {
			this.#language = undefined;
		}
	}

	of(id: string): string {
		return this.#known[id] ?? id;
	}

	/** What the home calls this camera, if it is still there. */
	camera(id: string): string | undefined {
		return cameras.find(id)?.name;
	}
}

export const names = new Names();
