import { beforeAll, describe, expect, it, vi } from 'vitest';
import { beginIn, i18n, maybe, problemText, t, useLanguage, words, wordsOf } from './index.svelte';

beforeAll(() => {
	vi.stubGlobal('document', { documentElement: { lang: '' } });
	beginIn('zh-CN');
});

describe('words', () => {
	it('come by area, and a page brings its own', async () => {
		await words('core');
		expect(t('app.retry')).toBe('重试');
		expect(maybe('grid.title')).toBeUndefined();
		await wordsOf('/(app)');
		expect(t('grid.title')).toBe('实时');
		expect(maybe('privacy.title')).toBeUndefined();
	});

	it('all change with the language, and what comes later comes in it', async () => {
		await useLanguage('en');
		expect(i18n.language).toBe('en');
		expect(document.documentElement.lang).toBe('en');
		expect([t('app.retry'), t('grid.title')]).toEqual(['Try again', 'Live']);
		await words('privacy');
		expect(t('privacy.title')).toBe('Privacy centre');
	});

	it('asked for while the language changes end up in the new one', async () => {
		await Promise.all([useLanguage('zh-CN'), words('account')]);
		expect([t('account.title'), t('app.retry')]).toEqual(['我的', '重试']);
		await Promise.all([words('manage'), useLanguage('en')]);
		expect([t('add.title'), t('app.retry')]).toEqual(['Add a camera', 'Try again']);
	});

	it('say something for a problem that has no words', () => {
		expect(problemText({ code: 'from.the.future' })).toBe('Something went wrong');
	});
});
