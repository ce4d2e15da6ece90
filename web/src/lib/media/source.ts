/** A MediaSource, or the ManagedMediaSource of phones that have only that. */
export type AnyMediaSource = MediaSource;

type Constructor = { new (): AnyMediaSource; isTypeSupported(mime: string): boolean };

function constructor(): Constructor | undefined {
	const scope = globalThis as { ManagedMediaSource?: Constructor; MediaSource?: Constructor };
	return scope.MediaSource ?? scope.ManagedMediaSource;
}

export function newMediaSource(): AnyMediaSource | undefined {
	const MediaSource = constructor();
	return MediaSource && new MediaSource();
}

export function canPlayType(mime: string): boolean {
	return constructor()?.isTypeSupported(mime) ?? false;
}

/** Whether this browser decodes H.265 at all. */
export const canPlayH265 = (): boolean => canPlayType('video/mp4; codecs="hvc1.1.6.L120.B0"');
