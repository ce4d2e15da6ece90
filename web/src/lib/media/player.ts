import type { Problem } from '../api/problem';

export type Path = 'webrtc' | 'mse';

/** What a player measured over the last second; a figure that the browser does not give is left out. */
export interface LiveStats {
	path: Path;
	/** From the server to the screen, estimated. */
	latencyMs?: number;
	codec?: string;
	width?: number;
	height?: number;
	fps?: number;
	bitrateBps?: number;
	lossPercent?: number;
}

export interface PlayerEvents {
	/** The transport stands; pictures may still take a while. */
	onConnected?: () => void;
	/** Which stream is sent, where the transport tells. */
	onStream?: (stream: 'main' | 'sub') => void;
	/** The player has ended and will not come back. It is closed already. */
	onEnd: (problem: Problem) => void;
}

/** One attempt to show a camera in a video element, by one transport. */
export interface LivePlayer {
	readonly path: Path;
	start(): void;
	/** Frees everything, on the server too. May be called at any time, more than once. */
	close(): void;
	/** Forgets what is buffered and shows the newest picture. */
	jumpToLive(): void;
	stats(): Promise<LiveStats>;
}
