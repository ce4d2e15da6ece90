import { describe, expect, it } from 'vitest';
import { blocksOf } from './markdown';

describe('blocksOf', () => {
	it('reads headings, paragraphs and lists', () => {
		expect(blocksOf('# A\n\none\ntwo\n\n- x\n- **y** z\n1. n')).toEqual([
			{ kind: 'heading', level: 1, content: [{ text: 'A' }] },
			{ kind: 'paragraph', content: [{ text: 'one two' }] },
			{
				kind: 'list',
				ordered: false,
				items: [{ content: [{ text: 'x' }] }, { content: [{ text: 'y', strong: true }, { text: ' z' }] }]
			},
			{ kind: 'list', ordered: true, items: [{ content: [{ text: 'n' }] }] }
		]);
	});

	it('takes the place of a clause out of its text', () => {
		expect(blocksOf('- <a id="C-1.3.6"></a>Storage\n\n## Part {#part-1}')).toEqual([
			{ kind: 'list', ordered: false, items: [{ content: [{ text: 'Storage' }], id: 'C-1.3.6' }] },
			{ kind: 'heading', level: 2, content: [{ text: 'Part' }], id: 'part-1' }
		]);
	});

	it('reads a table', () => {
		expect(blocksOf('| Who | What |\n| --- | :-: |\n| Mail | `email` |')).toEqual([
			{
				kind: 'table',
				head: [[{ text: 'Who' }], [{ text: 'What' }]],
				rows: [[[{ text: 'Mail' }], [{ text: 'email', code: true }]]]
			}
		]);
	});

	it('links to the web and to places, and to nothing else', () => {
		const links = '[a](https://a.example/) [b](#C-1) [c](javascript:alert) <mailto:x@example.com>';
		const [block] = blocksOf(links);
		expect(block?.kind === 'paragraph' && block.content.filter(({ text }) => text.trim() !== '')).toEqual([
			{ text: 'a', href: 'https://a.example/' },
			{ text: 'b', href: '#C-1' },
			{ text: 'c' },
			{ text: 'mailto:x@example.com', href: 'mailto:x@example.com' }
		]);
	});
});
