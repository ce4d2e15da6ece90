// Puts the page that checks a case together, static/verify.html: one file that asks for nothing, for browsers that are offline. With
// --check only says whether it is up to date. Nothing is minified: who does not trust it can read it.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';

const SOURCE = new URL('../verify/', import.meta.url);
const PAGE = new URL('../static/verify.html', import.meta.url);
/** In the order in which they need each other. */
const SCRIPTS = ['hash.js', 'ed25519.js', 'log.js', 'zip.js', 'case.js', 'words.js', 'page.js'];

const read = (name) => readFileSync(new URL(name, SOURCE), 'utf8');
const plain = (name) =>
	read(name)
		.replaceAll(/^import [^;]*;\n/gm, '')
		.replaceAll(/^export /gm, '');
const js = `'use strict';\n(() => {\n${SCRIPTS.map(plain).join('\n')}})();\n`;
const css = read('page.css');
const hash = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

const made = read('page.html')
	.replace('{script}', () => hash(`\n${js}`))
	.replace('{style}', () => hash(`\n${css}`))
	.replace('<!-- style -->', () => `<style>\n${css}</style>`)
	.replace('<!-- script -->', () => `<script>\n${js}</script>`);
if (process.argv.includes('--check')) {
	if (readFileSync(PAGE, 'utf8') !== made) {
		console.error('static/verify.html does not match verify/: run `node scripts/verify-page.mjs`');
		process.exit(1);
	}
} else {
	writeFileSync(PAGE, made);
}
