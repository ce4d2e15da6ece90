import { Problem } from '../api/problem';
import type { LivePlayer, LiveStats, PlayerEvents } from './player';

export interface WhepOptions extends PlayerEvents {
	video: HTMLVideoElement;
	/** Where to post the offer. */
	url: string;
	/** Asks for sound too, which the server may have to make for whoever listens. */
	sound: boolean;
	fetch?: typeof fetch;
	newConnection?: () => RTCPeerConnection;
}

interface Totals {
	at: number;
	bytes: number;
	frames: number;
	packets: number;
	lost: number;
	bufferS: number;
	emitted: number;
}

/**
 * Live by WebRTC. The offer goes out at once, without candidates of our own: the server answers with candidates that we
 * can reach and learns ours from our first packet, so nothing waits for gathering.
 */
export class WhepPlayer implements LivePlayer {
	readonly path = 'webrtc';
	readonly #options: WhepOptions;
	readonly #fetch: typeof fetch;
	#connection: RTCPeerConnection | undefined;
	#resource: string | undefined;
	#closed = false;
	#last: Totals | undefined;
	readonly #onPageHide = () => this.close();

	constructor(options: WhepOptions) {
		this.#options = options;
		this.#fetch = options.fetch ?? ((input, init) => fetch(input, init));
	}

	start(): void {
		this.#connect().catch((error: unknown) => this.#end(Problem.from(error)));
	}

	async #connect(): Promise<void> {
		const connection = this.#options.newConnection?.() ?? new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
		this.#connection = connection;
		const stream = new MediaStream();
		for (const kind of this.#options.sound ? ['video', 'audio'] : ['video']) {
			const { receiver } = connection.addTransceiver(kind, { direction: 'recvonly' });
			showAsSoonAsPossible(receiver);
			stream.addTrack(receiver.track);
		}
		connection.onconnectionstatechange = () => this.#onConnectionState(connection.connectionState);
		this.#options.video.srcObject = stream;
		// Play is asked for before there is a picture; it begins by itself with the first one. It is refused only when
		// sound would start unasked, and then the page is muted already.
		this.#options.video.play().catch(() => {});

		await connection.setLocalDescription(await connection.createOffer());
		if (this.#closed) return;
		addEventListener('pagehide', this.#onPageHide);
		const answer = await this.#fetch(this.#options.url, {
			method: 'POST',
			headers: { 'content-type': 'application/sdp', accept: 'application/sdp' },
			body: connection.localDescription?.sdp ?? '',
			credentials: 'same-origin'
		});
		if (!answer.ok) throw await Problem.of(answer);
		const location = answer.headers.get('location');
		if (location !== null) this.#resource = new URL(location, new URL(this.#options.url, document.baseURI)).href;
		const sdp = await answer.text();
		// Closed while the server was answering: the view exists there and must not be left running.
		if (this.#closed) return this.#release();
		await connection.setRemoteDescription({ type: 'answer', sdp });
	}

	#onConnectionState(state: RTCPeerConnectionState): void {
		if (this.#closed) return;
		if (state === 'connected') this.#options.onConnected?.();
		if (state === 'failed' || state === 'closed')
			this.#end(new Problem('client.network', { detail: `webrtc ${state}` }));
	}

	#end(problem: Problem): void {
		if (this.#closed) return;
		this.close();
		this.#options.onEnd(problem);
	}

	close(): void {
		if (this.#closed) return;
		this.#closed = true;
		removeEventListener('pagehide', this.#onPageHide);
		this.#connection?.close();
		this.#release();
	}

	/** Ends the view on the server. `keepalive` lets it outlive the page. */
	#release(): void {
		const resource = this.#resource;
		if (resource === undefined) return;
		this.#resource = undefined;
		this.#fetch(resource, { method: 'DELETE', keepalive: true, credentials: 'same-origin' }).catch(() => {});
	}

	jumpToLive(): void {
		// WebRTC keeps no past: what arrives is shown.
	}

	async stats(): Promise<LiveStats> {
		const stats: LiveStats = { path: this.path };
		if (!this.#connection || this.#closed) return stats;
		const report = await this.#connection.getStats();
		let rttS: number | undefined;
		report.forEach((entry: Record<string, unknown>) => {
			if (
				entry.type === 'candidate-pair' &&
				entry.nominated === true &&
				typeof entry.currentRoundTripTime === 'number'
			) {
				rttS = entry.currentRoundTripTime;
			}
		});
		report.forEach((entry: Record<string, unknown>) => {
			if (entry.type !== 'inbound-rtp' || entry.kind !== 'video') return;
			const codec = report.get(entry.codecId as string) as { mimeType?: string } | undefined;
			if (codec?.mimeType) stats.codec = codec.mimeType.replace('video/', '');
			if (typeof entry.frameWidth === 'number') stats.width = entry.frameWidth;
			if (typeof entry.frameHeight === 'number') stats.height = entry.frameHeight;
			this.#rates(stats, entry, rttS);
		});
		return stats;
	}

	#rates(stats: LiveStats, entry: Record<string, unknown>, rttS: number | undefined): void {
		const number = (key: string) => (typeof entry[key] === 'number' ? entry[key] : 0);
		const now: Totals = {
			at: number('timestamp'),
			bytes: number('bytesReceived'),
			frames: number('framesDecoded'),
			packets: number('packetsReceived'),
			lost: number('packetsLost'),
			bufferS: number('jitterBufferDelay'),
			emitted: number('jitterBufferEmittedCount')
		};
		const last = this.#last;
		this.#last = now;
		if (!last) return;
		const seconds = (now.at - last.at) / 1000;
		if (seconds <= 0) return;
		stats.fps = (now.frames - last.frames) / seconds;
		stats.bitrateBps = ((now.bytes - last.bytes) * 8) / seconds;
		const sent = now.packets - last.packets + (now.lost - last.lost);
		if (sent > 0) stats.lossPercent = (Math.max(0, now.lost - last.lost) / sent) * 100;
		const emitted = now.emitted - last.emitted;
		if (emitted > 0) stats.latencyMs = ((now.bufferS - last.bufferS) / emitted + (rttS ?? 0) / 2) * 1000;
	}
}

/** Cameras are watched, not listened to in step: a late picture is worse than a jerky one. */
function showAsSoonAsPossible(receiver: RTCRtpReceiver): void {
	const tunable = receiver as { jitterBufferTarget?: number | null; playoutDelayHint?: number };
	if ('jitterBufferTarget' in receiver) tunable.jitterBufferTarget = 0;
	else if ('playoutDelayHint' in receiver) tunable.playoutDelayHint = 0;
}
