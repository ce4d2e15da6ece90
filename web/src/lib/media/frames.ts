import type { FrameSource } from './supervisor';

const POLL_MS = 500;

/**
 * Tells of every picture that a video element shows. A page that is hidden gets no frame callbacks, though its
 * picture-in-picture window plays on; the count of decoded pictures tells then.
 */
export function framesOf(video: HTMLVideoElement): FrameSource {
	return {
		watch(onFrame) {
			let handle: number | undefined;
			let counted = video.getVideoPlaybackQuality().totalVideoFrames;
			if ('requestVideoFrameCallback' in video) {
				const next = () => {
					handle = video.requestVideoFrameCallback(() => {
						onFrame();
						next();
					});
				};
				next();
			}
			const timer = setInterval(() => {
				const now = video.getVideoPlaybackQuality().totalVideoFrames;
				if (now > counted && (handle === undefined || document.hidden)) onFrame();
				counted = now;
			}, POLL_MS);
			return () => {
				clearInterval(timer);
				if (handle !== undefined) video.cancelVideoFrameCallback(handle);
			};
		}
	};
}

/** Whether a video can be seen: its page is in front, or it plays in a picture-in-picture window. */
export function watchVisible(video: HTMLVideoElement, onChange: (visible: boolean) => void): () => void {
	const tell = () => onChange(!document.hidden || document.pictureInPictureElement === video);
	document.addEventListener('visibilitychange', tell);
	video.addEventListener('enterpictureinpicture', tell);
	video.addEventListener('leavepictureinpicture', tell);
	tell();
	return () => {
		document.removeEventListener('visibilitychange', tell);
		video.removeEventListener('enterpictureinpicture', tell);
		video.removeEventListener('leavepictureinpicture', tell);
	};
}
