/** The little Markdown that the policy uses: headings, paragraphs, lists and strong words. */

export type Inline = { text: string; strong: boolean };
export type Block =
	| { kind: 'heading'; level: number; content: Inline[] }
	| { kind: 'paragraph'; content: Inline[] }
	| { kind: 'list'; items: Inline[][] };

function inline(text: string): Inline[] {
	return text
		.split('**')
		.map((piece, index) => ({ text: piece, strong: index % 2 === 1 }))
		.filter((piece) => piece.text !== '');
}

export function blocksOf(markdown: string): Block[] {
	const blocks: Block[] = [];
	let paragraph: string[] = [];
	const flush = () => {
		if (paragraph.length > 0) blocks.push({ kind: 'paragraph', content: inline(paragraph.join(' ')) });
		paragraph = [];
	};
	for (const line of markdown.split(/\r?\n/)) {
		const heading = /^(#{1,6})\s+(.*)$/.exec(line);
		const item = /^[-*]\s+(.*)$/.exec(line);
		if (heading) {
			flush();
			blocks.push({ kind: 'heading', level: heading[1]?.length ?? 1, content: inline(heading[2] ?? '') });
		} else if (item) {
			flush();
			const list = blocks.at(-1);
			if (list?.kind === 'list') list.items.push(inline(item[1] ?? ''));
			else blocks.push({ kind: 'list', items: [inline(item[1] ?? '')] });
		} else if (line.trim() === '') {
			flush();
		} else {
			paragraph.push(line.trim());
		}
	}
	flush();
	return blocks;
}
