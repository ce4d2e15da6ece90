/** The little Markdown that the policy uses: headings, paragraphs, lists, tables, strong words, code, links and places. */

export type Inline = { text: string; strong?: boolean; code?: boolean; href?: string };
export type Block =
	| { kind: 'heading'; level: number; content: Inline[]; id?: string }
	| { kind: 'paragraph'; content: Inline[]; id?: string }
	| { kind: 'list'; ordered: boolean; items: { content: Inline[]; id?: string }[] }
	| { kind: 'table'; head: Inline[][]; rows: Inline[][][] };

/** A place to link to: `<a id="C-1"></a>`, or `{#C-1}` at the end of a heading. */
const PLACE = /<a\s+(?:id|name)="([\w.-]+)"\s*>\s*<\/a>\s*|\s*\{#([\w.-]+)\}\s*$/;
const MARKS = /\*\*(.+?)\*\*|`([^`]+)`|\[([^\]]+)\]\(([^)\s]+)\)|<(https?:\/\/[^>\s]+|mailto:[^>\s]+)>/g;
/** Where a link may lead: the web, a mailbox, a place on this page. Never a script. */
const SAFE = /^(https?:\/\/|mailto:|#)/;

function inline(text: string): Inline[] {
	const pieces: Inline[] = [];
	let end = 0;
	for (const match of text.matchAll(MARKS)) {
		const [whole, strong, code, label, href, bare] = match;
		if (match.index > end) pieces.push({ text: text.slice(end, match.index) });
		if (strong !== undefined) pieces.push({ text: strong, strong: true });
		else if (code !== undefined) pieces.push({ text: code, code: true });
		else if (bare !== undefined) pieces.push({ text: bare, href: bare });
		else pieces.push({ text: label ?? '', ...(SAFE.test(href ?? '') ? { href: href ?? '' } : {}) });
		end = match.index + whole.length;
	}
	if (end < text.length) pieces.push({ text: text.slice(end) });
	return pieces;
}

/** The text without its place, and the place. */
function placed(text: string): { content: Inline[]; id?: string } {
	const id = PLACE.exec(text);
	const name = id?.[1] ?? id?.[2];
	return { content: inline(text.replace(PLACE, '').trim()), ...(name === undefined ? {} : { id: name }) };
}

const cells = (line: string): Inline[][] =>
	line
		.trim()
		.replace(/^\||\|$/g, '')
		.split('|')
		.map((cell) => inline(cell.trim()));

export function blocksOf(markdown: string): Block[] {
	const blocks: Block[] = [];
	let paragraph: string[] = [];
	const flush = () => {
		if (paragraph.length > 0) blocks.push({ kind: 'paragraph', ...placed(paragraph.join(' ')) });
		paragraph = [];
	};
	for (const line of markdown.split(/\r?\n/)) {
		const heading = /^(#{1,6})\s+(.*)$/.exec(line);
		const item = /^\s*(?:[-*]|(\d+)\.)\s+(.*)$/.exec(line);
		const last = blocks.at(-1);
		if (heading) {
			flush();
			blocks.push({ kind: 'heading', level: heading[1]?.length ?? 1, ...placed(heading[2] ?? '') });
		} else if (item) {
			flush();
			const list = blocks.at(-1);
			const ordered = item[1] !== undefined;
			if (list?.kind === 'list' && list.ordered === ordered) list.items.push(placed(item[2] ?? ''));
			else blocks.push({ kind: 'list', ordered, items: [placed(item[2] ?? '')] });
		} else if (/^\s*\|/.test(line)) {
			flush();
			if (/^[\s|:-]+$/.test(line)) continue;
			if (last?.kind === 'table') last.rows.push(cells(line));
			else blocks.push({ kind: 'table', head: cells(line), rows: [] });
		} else if (line.trim() === '') {
			flush();
		} else {
			paragraph.push(line.trim());
		}
	}
	flush();
	return blocks;
}
