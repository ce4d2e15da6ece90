import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CLIENT_CODES, SERVER_CODES } from '../api/codes';
import { fill } from './catalog';
import en from './en';
import zh from './zh-CN';

const SRC = join(import.meta.dirname, '../..');
const files = (dir: string): string[] =>
	readdirSync(dir, { withFileTypes: true }).flatMap((entry) =>
		entry.isDirectory() ? files(join(dir, entry.name)) : [join(dir, entry.name)]
	);
const sources = files(SRC)
	.filter((path) => /\.(svelte|ts)$/.test(path) && !path.includes('/i18n/') && !path.endsWith('.test.ts'))
	.map((path) => ({ path, text: readFileSync(path, 'utf8') }));
const everything = sources.map(({ text }) => text).join('\n');

const keys = Object.keys(zh);
const slots = (message: string) => [...new Set([...message.matchAll(/\{(\w+)/g)].map(([, name]) => name))].sort();

describe('catalogs', () => {
	it('have the same keys, in the same order', () => {
		expect(Object.keys(en)).toEqual(keys);
	});

	it('have the same slots in every message', () => {
		for (const key of keys) {
			expect(slots(en[key as keyof typeof en]), key).toEqual(slots(zh[key as keyof typeof zh]));
		}
	});

	it('leave no message empty', () => {
		for (const catalog of [zh, en]) {
			for (const [key, message] of Object.entries(catalog)) expect(message.trim(), key).not.toBe('');
		}
	});

	it('have words for every code that the server or a player can name', () => {
		for (const code of [...SERVER_CODES, ...CLIENT_CODES]) {
			expect(zh, code).toHaveProperty([`problem.${code}`]);
			expect(en, code).toHaveProperty([`problem.${code}`]);
		}
	});

	it('have words for every warning of a camera test', () => {
		for (const code of ['gop_long', 'h265', 'audio_aac_mse_only', 'no_sub', 'clock_off']) {
			expect(zh).toHaveProperty([`warning.${code}`]);
		}
	});

	it('have no problem or remedy without a code', () => {
		const codes = new Set<string>([...SERVER_CODES, ...CLIENT_CODES]);
		const stray = keys.filter((key) => /^(problem|remedy)\./.test(key) && !codes.has(key.replace(/^\w+\./, '')));
		expect(stray).toEqual([]);
	});

	it('hold no message that nothing uses', () => {
		// Keys that are put together: t(`add.step.${step}`).
		const families = [...everything.matchAll(/`([\w.]+\.)\$\{[^}]+\}`/g)].map(([, prefix]) => prefix ?? '');
		families.push('problem.', 'remedy.', 'warning.');
		const unused = keys.filter(
			(key) => !everything.includes(`'${key}'`) && !families.some((prefix) => key.startsWith(prefix))
		);
		expect(unused).toEqual([]);
	});

	it('are the only place with words: no Chinese stands in a component', () => {
		const withHan = sources.filter(({ text }) => /\p{Script=Han}/u.test(text)).map(({ path }) => path);
		expect(withHan).toEqual([]);
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
