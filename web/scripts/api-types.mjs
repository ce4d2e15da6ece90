// Makes the types of the API from the server's OpenAPI document; with --check only says whether they are up to date.
import { readFileSync, writeFileSync } from 'node:fs';
import openapi, { astToString } from 'openapi-typescript';

const DOCUMENT = new URL('../../crates/api/openapi.json', import.meta.url);
const TYPES = new URL('../src/lib/api/schema.d.ts', import.meta.url);

const made = `// Made by \`npm run gen:api\` from the server's OpenAPI document. Do not edit.\n\n${astToString(
	await openapi(DOCUMENT)
)}`;
if (process.argv.includes('--check')) {
	if (readFileSync(TYPES, 'utf8') !== made) {
		console.error('src/lib/api/schema.d.ts does not match crates/api/openapi.json: run `npm run gen:api`');
		process.exit(1);
	}
} else {
	writeFileSync(TYPES, made);
}
