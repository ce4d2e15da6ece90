import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Thumbnail, Thumbnails } from './thumbnails';

const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

function rig() {
	const asked: number[] = [];
	const answers: ((found: boolean) => void)[] = [];
	const shown: (Thumbnail | undefined)[] = [];
	const thumbnails = new Thumbnails({
		load: (at) => {
			asked.push(at);
			return new Promise((resolve, reject) =>
				answers.push((found) => (found ? resolve({ picture: new Blob(), at }) : reject(new Error('none'))))
			);
		},
		onPicture: (thumbnail) => shown.push(thumbnail)
	});
	const answer = async (found = true) => {
		answers.shift()?.(found);
		await settle();
	};
	return { thumbnails, asked, shown, answer };
}

let urls = 0;
let revoked: string[] = [];
beforeEach(() => {
	urls = 0;
	revoked = [];
	vi.spyOn(URL, 'createObjectURL').mockImplementation(() => `blob:${++urls}`);
	vi.spyOn(URL, 'revokeObjectURL').mockImplementation((url) => void revoked.push(url));
});
afterEach(() => void vi.restoreAllMocks());

describe('Thumbnails', () => {
	it('asks for one at a time, and next for the newest wish only', async () => {
		const { thumbnails, asked, answer, shown } = rig();
		for (const at of [1000, 2000, 3000, 4000]) thumbnails.want(at, 1000);
		expect(asked).toEqual([1000]);
		await answer();
		expect(asked).toEqual([1000, 4000]);
		await answer();
		expect(shown.map((thumbnail) => thumbnail?.at)).toEqual([1000, 4000]);
	});

	it('takes instants that lie close together for the same', async () => {
		const { thumbnails, asked, answer } = rig();
		thumbnails.want(4100, 1000);
		await answer();
		thumbnails.want(4900, 1000);
		expect(asked).toEqual([4000]);
	});

	it('shows what it has at once, and remembers where there is nothing', async () => {
		const { thumbnails, asked, answer, shown } = rig();
		thumbnails.want(1000, 1000);
		await answer();
		thumbnails.want(2000, 1000);
		await answer(false);
		thumbnails.want(1000, 1000);
		thumbnails.want(2000, 1000);
		expect(asked).toEqual([1000, 2000]);
		expect(shown.map((thumbnail) => thumbnail?.at)).toEqual([1000, undefined, 1000, undefined]);
	});

	it('keeps a bounded number and frees the rest, and all of them at the end', async () => {
		const { thumbnails, answer } = rig();
		for (let i = 0; i < 60; i++) {
			thumbnails.want(i * 1000, 1000);
			await answer();
		}
		expect(revoked).toHaveLength(12);
		thumbnails.close();
		expect(new Set(revoked).size).toBe(60);
	});
});
