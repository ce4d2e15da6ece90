// @vitest-environment jsdom
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Problem } from '../api/problem';
import { WhepPlayer } from './whep';

class FakeConnection {
	connectionState: RTCPeerConnectionState = 'new';
	localDescription: { sdp: string } | null = null;
	remote: string | undefined;
	closed = false;
	directions: string[] = [];
	receivers: { track: object; jitterBufferTarget: number | null }[] = [];
	onconnectionstatechange: (() => void) | null = null;

	addTransceiver(kind: string, { direction }: { direction: string }) {
		this.directions.push(`${kind} ${direction}`);
		const receiver = { track: { kind }, jitterBufferTarget: null };
		this.receivers.push(receiver);
		return { receiver };
	}
	async createOffer() {
		return { type: 'offer', sdp: 'v=0 offer' };
	}
	async setLocalDescription(offer: { sdp: string }) {
		this.localDescription = offer;
	}
	async setRemoteDescription({ sdp }: { sdp: string }) {
		this.remote = sdp;
	}
	becomes(state: RTCPeerConnectionState) {
		this.connectionState = state;
		this.onconnectionstatechange?.();
	}
	close() {
		this.closed = true;
	}
}

vi.stubGlobal(
	'MediaStream',
	class {
		tracks: object[] = [];
		addTrack(track: object) {
			this.tracks.push(track);
		}
	}
);

const LOCATION = '/api/v1/cameras/c1/whep/v1';
const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

function rig(answer: () => Promise<Response> = async () => created(), sound = true) {
	const connection = new FakeConnection();
	const requests: { method: string; url: string; init: RequestInit }[] = [];
	const ends: Problem[] = [];
	const connected = vi.fn();
	const video = { play: async () => {}, srcObject: null } as unknown as HTMLVideoElement;
	const player = new WhepPlayer({
		video,
		url: '/api/v1/cameras/c1/whep?stream=sub',
		sound,
		newConnection: () => connection as unknown as RTCPeerConnection,
		fetch: async (input, init = {}) => {
			requests.push({ method: init.method ?? 'GET', url: String(input), init });
			return init.method === 'POST' ? answer() : new Response(null, { status: 204 });
		},
		onConnected: connected,
		onEnd: (problem) => ends.push(problem)
	});
	return { player, connection, requests, ends, connected, video };
}

const created = () => new Response('v=0 answer', { status: 201, headers: { location: LOCATION } });

beforeEach(() => void vi.clearAllMocks());

describe('WhepPlayer', () => {
	it('offers to receive video and audio, without waiting for candidates', async () => {
		const { player, connection, requests } = rig();
		player.start();
		await settle();
		expect(connection.directions).toEqual(['video recvonly', 'audio recvonly']);
		expect(requests[0]).toMatchObject({ method: 'POST', url: '/api/v1/cameras/c1/whep?stream=sub' });
		expect(requests[0]?.init).toMatchObject({ body: 'v=0 offer', headers: { 'content-type': 'application/sdp' } });
		expect(connection.remote).toBe('v=0 answer');
	});

	it('offers no audio where nobody could turn it on', async () => {
		const { player, connection } = rig(undefined, false);
		player.start();
		await settle();
		expect(connection.directions).toEqual(['video recvonly']);
	});

	it('asks the browser to keep nothing back', async () => {
		const { player, connection } = rig();
		player.start();
		await settle();
		expect(connection.receivers.map(({ jitterBufferTarget }) => jitterBufferTarget)).toEqual([0, 0]);
	});

	it('says when it is connected', async () => {
		const { player, connection, connected } = rig();
		player.start();
		await settle();
		connection.becomes('connected');
		expect(connected).toHaveBeenCalledOnce();
	});

	it('ends the view on the server when it is closed, in a way that outlives the page', async () => {
		const { player, connection, requests } = rig();
		player.start();
		await settle();
		player.close();
		player.close();
		expect(connection.closed).toBe(true);
		const deletes = requests.filter(({ method }) => method === 'DELETE');
		expect(deletes).toHaveLength(1);
		expect(deletes[0]?.url).toMatch(new RegExp(`${LOCATION}$`));
		expect(deletes[0]?.init.keepalive).toBe(true);
	});

	it('ends the view when the page goes away', async () => {
		const { player, requests } = rig();
		player.start();
		await settle();
		dispatchEvent(new Event('pagehide'));
		expect(requests.at(-1)?.method).toBe('DELETE');
	});

	it('leaves no view behind when it is closed while the server answers', async () => {
		let answer: (response: Response) => void = () => {};
		const { player, connection, requests } = rig(() => new Promise((resolve) => (answer = resolve)));
		player.start();
		await settle();
		player.close();
		answer(created());
		await settle();
		expect(connection.remote).toBeUndefined();
		expect(requests.at(-1)).toMatchObject({ method: 'DELETE' });
	});

	it('hands on why the server refused', async () => {
		const { player, connection, ends } = rig(async () =>
			Response.json({ code: 'live.no_common_codec' }, { status: 409 })
		);
		player.start();
		await settle();
		expect(ends.map(({ code }) => code)).toEqual(['live.no_common_codec']);
		expect(connection.closed).toBe(true);
	});

	it('ends once when the connection fails', async () => {
		const { player, connection, ends } = rig();
		player.start();
		await settle();
		connection.becomes('failed');
		connection.becomes('closed');
		expect(ends.map(({ code }) => code)).toEqual(['client.network']);
	});

	it('says nothing any more once it is closed', async () => {
		const { player, connection, ends, connected } = rig();
		player.start();
		await settle();
		player.close();
		connection.becomes('connected');
		connection.becomes('failed');
		expect(ends).toEqual([]);
		expect(connected).not.toHaveBeenCalled();
	});
});
