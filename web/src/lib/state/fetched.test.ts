import { describe, expect, it, vi } from 'vitest';
import { Problem } from '$lib/api/problem';
import { Fetched, Listed } from './fetched.svelte';

describe('Listed', () => {
	const pages = (stops = 3) =>
		vi.fn(async (before?: string) => {
			const from = Number(before ?? 0);
			return { items: [from, from + 1], ...(from + 2 < stops * 2 ? { next: String(from + 2) } : {}) };
		});

	it('reads on from where it stopped, to the end', async () => {
		const read = pages();
		const list = new Listed(read);
		await list.load();
		while (list.more) await list.older();
		expect(list.items).toEqual([0, 1, 2, 3, 4, 5]);
		await list.older();
		expect(read.mock.calls).toEqual([[undefined], ['2'], ['4']]);
	});

	it('keeps what it has when a stretch fails, and tries that stretch again', async () => {
		const read = pages();
		const list = new Listed(read);
		await list.load();
		read.mockRejectedValueOnce(new Problem('client.network'));
		await list.older();
		expect(list.items).toEqual([0, 1]);
		expect(list.problem?.code).toBe('client.network');
		list.retry();
		await vi.waitFor(() => expect(list.items).toEqual([0, 1, 2, 3]));
		expect(list.problem).toBeUndefined();
	});

	it('forgets an answer that a newer question has overtaken', async () => {
		let slow = (_: { items: string[] }) => {};
		const read = vi
			.fn<(before?: string) => Promise<{ items: string[] }>>()
			.mockReturnValueOnce(new Promise((resolve) => (slow = resolve)))
			.mockResolvedValueOnce({ items: ['new'] });
		const list = new Listed(read);
		const first = list.load();
		await list.load();
		slow({ items: ['old'] });
		await first;
		expect(list.items).toEqual(['new']);
	});
});

describe('Fetched', () => {
	it('shows what it had while a new reading fails', async () => {
		const read = vi
			.fn<() => Promise<string>>()
			.mockResolvedValueOnce('a')
			.mockRejectedValueOnce(new Problem('internal'));
		const fetched = new Fetched(read);
		await fetched.load();
		await fetched.load();
		expect(fetched.value).toBe('a');
		expect(fetched.problem?.code).toBe('internal');
	});
});
