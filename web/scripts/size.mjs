// Holds the byte budgets of the built app: gzipped JavaScript of the start and of every route, CSS, and all of it.
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const BUILD = new URL('../build/', import.meta.url).pathname;
const MANIFEST = new URL('../.svelte-kit/output/client/.vite/manifest.json', import.meta.url).pathname;
const BUDGET = { first: 60, route: 90, all: 350, css: 12 };
/** The addresses a person can arrive at first. */
const FIRST_ROUTES = ['/(app)', '/sign-in', '/setup'];

const files = (dir) =>
	readdirSync(dir).flatMap((name) => {
		const path = join(dir, name);
		return statSync(path).isDirectory() ? files(path) : [path];
	});
const sizes = new Map();
const gz = (path) => {
	if (!sizes.has(path)) sizes.set(path, gzipSync(readFileSync(path), { level: 9 }).length);
	return sizes.get(path);
};
const kb = (bytes) => bytes / 1024;

const manifest = JSON.parse(readFileSync(MANIFEST, 'utf8'));

/** Everything that loads with an entry before it can show: itself and what it imports statically. */
function closure(keys, seen = new Set()) {
	for (const key of keys) {
		const chunk = manifest[key];
		if (!chunk || seen.has(key)) continue;
		seen.add(key);
		closure(chunk.imports ?? [], seen);
	}
	return seen;
}

const nodes = Object.fromEntries(
	Object.entries(manifest)
		.filter(([key]) => /generated\/client-optimized\/nodes\/\d+\.js$/.test(key))
		.map(([key]) => [Number(/(\d+)\.js$/.exec(key)[1]), key])
);
const entries = Object.keys(manifest).filter((key) => /(client-optimized\/app|runtime\/client\/entry)\.js$/.test(key));
if (entries.length !== 2) throw new Error('the entry chunks of the build were not found');
const app = readFileSync(new URL('../.svelte-kit/generated/client-optimized/app.js', import.meta.url).pathname, 'utf8');
const dictionary = /export const dictionary = (\{[\s\S]*?\n\s*\});/.exec(app)?.[1];
if (!dictionary) throw new Error('the route table of the build was not found');
const routes = JSON.parse(dictionary.replaceAll(/\/\/.*$/gm, '').replaceAll(/,(\s*[}\]])/g, '$1'));

/** The words that a route brings with it, in the language that has the longest. */
const areas = JSON.parse(readFileSync(new URL('../src/lib/i18n/areas.json', import.meta.url).pathname, 'utf8'));
const words = (route) =>
	Math.max(
		...['zh-CN', 'en'].map((language) =>
			['core', ...(areas[route] ?? [])].reduce((sum, area) => {
				const chunk = manifest[`src/lib/i18n/${language}/${area}.ts`];
				if (!chunk) throw new Error(`the words of ${area} in ${language} were not found in the build`);
				return sum + gz(join(BUILD, chunk.file));
			}, 0)
		)
	);

let over = false;
const report = (name, bytes, budget) => {
	const bad = kb(bytes) > budget;
	over ||= bad;
	console.log(`${bad ? 'OVER ' : 'ok   '} ${kb(bytes).toFixed(1).padStart(7)} KB of ${budget}  ${name}`);
};

for (const [route, [leaf, layouts = []]] of Object.entries(routes)) {
	const keys = [...entries, nodes[0], ...layouts.map((n) => nodes[n]), nodes[leaf < 0 ? ~leaf : leaf]].filter(Boolean);
	const js = new Set([...closure(keys)].map((key) => manifest[key].file).filter((file) => file.endsWith('.js')));
	const bytes = [...js].reduce((sum, file) => sum + gz(join(BUILD, file)), 0) + words(route);
	report(`js  ${route}`, bytes, FIRST_ROUTES.includes(route) ? BUDGET.first : BUDGET.route);
}
const built = files(join(BUILD, '_app'));
const total = (ext) => built.filter((path) => path.endsWith(ext)).reduce((sum, path) => sum + gz(path), 0);
report('js  all', total('.js'), BUDGET.all);
report('css all', total('.css'), BUDGET.css);
process.exit(over ? 1 : 0);
