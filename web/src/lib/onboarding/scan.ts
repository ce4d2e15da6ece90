import { reader } from './decode';

/** Pictures that are looked at, at most, a second: enough for a hand, little for a battery. */
const LOOKS_PER_SECOND = 6;

/** Why the camera of this device shows nothing: `insecure` pages are given none, and a person may refuse. */
export type NoCamera = 'insecure' | 'denied' | 'none' | 'busy';

export function whyNoCamera(error: unknown): NoCamera {
	const name = error instanceof Error ? error.name : '';
	if (name === 'NotAllowedError' || name === 'SecurityError') return 'denied';
	return name === 'NotReadableError' || name === 'AbortError' ? 'busy' : 'none';
}

/** Asks for the camera on the back of this device. Only called when a person has tapped for it. */
export async function openCamera(): Promise<MediaStream | NoCamera> {
	// Browsers show no `mediaDevices` to pages that came without encryption.
	if (!('mediaDevices' in navigator)) return 'insecure';
	try {
		return await navigator.mediaDevices.getUserMedia({
			audio: false,
			video: { facingMode: 'environment', width: { ideal: 1280 }, height: { ideal: 720 } }
		});
	} catch (error) {
		return whyNoCamera(error);
	}
}

export function stopCamera(stream: MediaStream): void {
	for (const track of stream.getTracks()) track.stop();
}

/** Looks at a video until a code is read or the signal ends it. No picture leaves this device, none is kept. */
export async function scan(video: HTMLVideoElement, signal: AbortSignal): Promise<string | undefined> {
	const read = await reader();
	while (!signal.aborted) {
		const code = await read(video, video.videoWidth, video.videoHeight);
		if (code !== undefined && !signal.aborted) return code;
		await new Promise((resolve) => setTimeout(resolve, 1000 / LOOKS_PER_SECOND));
	}
	return undefined;
}
