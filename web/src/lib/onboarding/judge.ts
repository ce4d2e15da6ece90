import type { OfferedStream, StreamState } from '$lib/api/types';

/** Seconds between key frames from which on a picture starts slowly. */
export const GOP_LONG_S = 4;

type Judged = Pick<OfferedStream | StreamState, 'codec' | 'gop_s'> & { long_gop?: boolean };

/** Whether this browser plays H.265 in any of the ways in which it can get it. */
export async function playsH265(): Promise<boolean> {
	const type = 'video/mp4; codecs="hvc1.1.6.L120.90"';
	const { ManagedMediaSource } = globalThis as { ManagedMediaSource?: typeof MediaSource };
	if ((globalThis.MediaSource ?? ManagedMediaSource)?.isTypeSupported(type)) return true;
	const codecs = globalThis.RTCRtpReceiver?.getCapabilities('video')?.codecs ?? [];
	if (codecs.some(({ mimeType }) => mimeType.toLowerCase() === 'video/h265')) return true;
	try {
		const video = { contentType: type, width: 1920, height: 1080, bitrate: 4_000_000, framerate: 25 };
		return (await navigator.mediaCapabilities.decodingInfo({ type: 'media-source', video })).supported;
	} catch {
		return false;
	}
}

/**
 * What to warn of before these streams are used: what the server told, and what is so in this browser. `h265_main`: it cannot play
 * the main stream and plays the sub stream. `h265_here`: it plays what others may not.
 */
export function warningsOf(
	main: Judged | undefined,
	sub: Judged | undefined,
	told: readonly string[],
	h265: boolean
): string[] {
	const long = (stream: Judged | undefined) =>
		stream !== undefined && (stream.long_gop === true || (stream.gop_s ?? 0) > GOP_LONG_S);
	const isH265 = (stream: Judged | undefined) => stream?.codec === 'h265';
	const alone = sub === undefined || isH265(sub);
	const warned = [
		...(long(main) || long(sub) || told.includes('gop_long') ? ['gop_long'] : []),
		...(isH265(main) || isH265(sub) || told.includes('h265') ? [h265 ? 'h265_here' : alone ? 'h265' : 'h265_main'] : [])
	];
	return [...warned, ...told.filter((code) => code !== 'gop_long' && code !== 'h265')];
}
