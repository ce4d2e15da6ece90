import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CLIENT_CODES, SERVER_CODES } from '../api/codes';
import areasOfRoutes from './areas.json';
import { fill } from './catalog';

const SRC = join(import.meta.dirname, '../..');
const files = (dir: string): string[] =>
	readdirSync(dir, { withFileTypes: true }).flatMap((entry) =>
		entry.isDirectory() ? files(join(dir, entry.name)) : [join(dir, entry.name)]
	);
const sources = files(SRC)
	.filter((path) => /\.(svelte|ts)$/.test(path) && !/\/i18n\/(zh-CN|en)\//.test(path) && !path.endsWith('.test.ts'))
	.map((path) => ({ path, text: readFileSync(path, 'utf8') }));
const everything = sources.map(({ text }) => text).join('\n');

type Messages = Record<string, string>;
const read = (language: string): Record<string, Messages> => {
	const found = import.meta.glob<Messages>('./{zh-CN,en}/*.ts', { import: 'default', eager: true });
	return Object.fromEntries(
		Object.entries(found)
			.filter(([path]) => path.startsWith(`./${language}/`))
			.map(([path, messages]) => [/(\w+)\.ts$/.exec(path)?.[1] ?? '', messages])
	);
};
const zh = read('zh-CN');
const en = read('en');
const areas = Object.keys(zh);
const areaOf = new Map(areas.flatMap((area) => Object.keys(zh[area] ?? {}).map((key) => [key, area] as const)));
const keys = [...areaOf.keys()];
const slots = (message: string | undefined) =>
	[...new Set([...(message ?? '').matchAll(/\{(\w+)/g)].map(([, name]) => name))].sort();

/** Keys in this text, and families of keys that are put together: t(`add.step.${step}`). */
function keysIn(text: string): string[] {
	const whole = [...text.matchAll(/'([a-z_0-9]+\.[a-z_0-9.]+)'/g)].map(([, key]) => key ?? '');
	const families = [...text.matchAll(/`([\w.]+\.)\$\{/g)].map(([, prefix]) => prefix ?? '');
	return keys.filter((key) => whole.includes(key) || families.some((prefix) => key.startsWith(prefix)));
}

describe('catalogs', () => {
	it('are the same areas in every language, with the same keys in the same order', () => {
		expect(Object.keys(en)).toEqual(areas);
		for (const area of areas) expect(Object.keys(en[area] ?? {}), area).toEqual(Object.keys(zh[area] ?? {}));
	});

	it('have each key in one area only', () => {
		expect(areas.reduce((sum, area) => sum + Object.keys(zh[area] ?? {}).length, 0)).toBe(keys.length);
	});

	it('have the same slots in every message', () => {
		for (const [key, area] of areaOf) expect(slots(en[area]?.[key]), key).toEqual(slots(zh[area]?.[key]));
	});

	it('leave no message empty', () => {
		for (const messages of [...Object.values(zh), ...Object.values(en)])
			for (const [key, message] of Object.entries(messages)) expect(message.trim(), key).not.toBe('');
	});

	it('have words for every code that the server or a player can name, and for no other', () => {
		const codes = new Set<string>([...SERVER_CODES, ...CLIENT_CODES]);
		for (const code of codes) expect(['core', 'problems'], code).toContain(areaOf.get(`problem.${code}`));
		const stray = keys.filter((key) => /^(problem|remedy)\./.test(key) && !codes.has(key.replace(/^\w+\./, '')));
		expect(stray).toEqual([]);
	});

	it('have words for every warning of a camera test', () => {
		for (const code of ['gop_long', 'h265', 'h265_main', 'h265_here', 'no_sub', 'clock_off']) {
			expect(zh.manage).toHaveProperty([`warning.${code}`]);
		}
	});

	it('hold no message that nothing uses', () => {
		const used = new Set(keysIn(everything));
		expect(keys.filter((key) => !used.has(key))).toEqual([]);
	});

	it('are the only place with words: no Chinese stands in a component', () => {
		const withHan = sources.filter(({ text }) => /\p{Script=Han}/u.test(text)).map(({ path }) => path);
		// The language's own name is written in itself.
		expect(withHan.map((path) => path.replace(`${SRC}/`, ''))).toEqual(['lib/i18n/index.svelte.ts']);
	});
});

describe('the words of a page', () => {
	const ROUTES = join(SRC, 'routes');
	const pages = files(ROUTES)
		.filter((path) => path.endsWith('+page.svelte'))
		.map((path) => ({ path, route: dirname(path).replace(ROUTES, '') }));
	const table = areasOfRoutes as Record<string, string[]>;

	/** What a file imports before it can show. What it imports later brings its own words. */
	function importsOf(path: string): string[] {
		const text = readFileSync(path, 'utf8');
		return [...text.matchAll(/^\s*(?:import|export) (?!type )[^;]*?from '([^']+)'/gm)].flatMap(([, from = '']) => {
			const base = from.startsWith('$lib/')
				? join(SRC, 'lib', from.slice(5))
				: from.startsWith('.')
					? resolve(dirname(path), from)
					: undefined;
			if (base === undefined) return [];
			return ['', '.ts', '/index.ts']
				.map((end) => base + end)
				.filter((file) => /\.(svelte|ts)$/.test(file) && existsSync(file));
		});
	}

	function withImports(path: string, seen = new Set<string>()): Set<string> {
		// The words themselves are named in the table, and are no words of a page.
		if (seen.has(path) || path.includes('/i18n/')) return seen;
		seen.add(path);
		for (const next of importsOf(path)) withImports(next, seen);
		return seen;
	}

	function layoutsOf(path: string): string[] {
		const layouts: string[] = [];
		for (let dir = dirname(path); dir.startsWith(ROUTES); dir = dirname(dir)) {
			const layout = join(dir, '+layout.svelte');
			if (existsSync(layout)) layouts.push(layout);
		}
		return layouts;
	}

	it('are named for every page there is, and for no other', () => {
		expect(Object.keys(table).sort()).toEqual(pages.map(({ route }) => route).sort());
		for (const named of Object.values(table)) expect(areas).toEqual(expect.arrayContaining(named));
	});

	it.each(pages)('$route brings the words that it shows, and no others', ({ path, route }) => {
		const shown = new Set(
			[path, ...layoutsOf(path)]
				.flatMap((one) => [...withImports(one)])
				.flatMap((file) => keysIn(readFileSync(file, 'utf8')))
				.map((key) => areaOf.get(key))
		);
		// Anything may go wrong anywhere. What the first page can meet is in the core, to keep that page small.
		shown.delete('core');
		if (route !== '/(app)') shown.add('problems');
		expect([...shown].sort()).toEqual([...(table[route] ?? [])].sort());
	});

	it('are all in the core for what can appear anywhere', () => {
		for (const path of [join(ROUTES, '+layout.svelte'), join(ROUTES, '+error.svelte')])
			for (const file of withImports(path))
				for (const key of keysIn(readFileSync(file, 'utf8'))) expect(areaOf.get(key), key).toBe('core');
	});
});

describe('fill', () => {
	it('puts values into slots', () => {
		expect(fill('{a} of {b}', { a: 1, b: 'x' })).toBe('1 of x');
	});

	it('picks the form for the count, and fills that form', () => {
		const message = '{n|1 camera|{n} cameras}, {online} online';
		expect(fill(message, { n: 1, online: 0 })).toBe('1 camera, 0 online');
		expect(fill(message, { n: 12, online: 3 })).toBe('12 cameras, 3 online');
	});

	it('leaves an unknown slot as it stands', () => {
		expect(fill('{a}', {})).toBe('{a}');
	});
});
