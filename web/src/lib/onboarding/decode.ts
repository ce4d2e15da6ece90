/** Reads QR codes from pictures, on this device: by the browser's own detector, or by a decoder that comes with the app. */

/** Reads what a picture of this size shows; `undefined` where there is no code in it. */
export type Read = (picture: CanvasImageSource, width: number, height: number) => Promise<string | undefined>;

/** Pixels on the longer side that are looked at: a code of 50 modules has 10 of them a module when it fills a third. */
const SIDE_MAX = 1280;
/** A moving picture is looked at again soon; a photo is all there is. */
const FRAME_MS = 60;
const PHOTO_MS = 1500;

interface Detector {
	detect(source: CanvasImageSource): Promise<{ rawValue: string }[]>;
}
interface DetectorType {
	new (options: { formats: string[] }): Detector;
	getSupportedFormats(): Promise<string[]>;
}

async function ownDetector(): Promise<Detector | undefined> {
	const type = (globalThis as { BarcodeDetector?: DetectorType }).BarcodeDetector;
	try {
		if (!type || !(await type.getSupportedFormats()).includes('qr_code')) return undefined;
		return new type({ formats: ['qr_code'] });
	} catch {
		return undefined;
	}
}

/** The best reader that there is here. */
export async function reader({ photo = false } = {}): Promise<Read> {
	const detector = await ownDetector();
	const { decodeQR } = detector ? { decodeQR: undefined } : await import('qr/decode.js');
	const canvas = document.createElement('canvas');
	const context = canvas.getContext('2d', { willReadFrequently: true });
	return async (picture, width, height) => {
		if (!context || width === 0 || height === 0) return undefined;
		const scale = Math.min(1, SIDE_MAX / Math.max(width, height));
		canvas.width = Math.round(width * scale);
		canvas.height = Math.round(height * scale);
		context.drawImage(picture, 0, 0, canvas.width, canvas.height);
		try {
			if (detector) {
				const codes = (await detector.detect(canvas)).map(({ rawValue }) => rawValue);
				return codes.find((code) => code.startsWith('atipcam:')) ?? codes[0];
			}
			const pixels = context.getImageData(0, 0, canvas.width, canvas.height);
			return decodeQR?.(pixels, { timeLimit: photo ? PHOTO_MS : FRAME_MS });
		} catch {
			// Nothing that could be read.
			return undefined;
		}
	};
}

/** What a photo shows. */
export async function readPhoto(file: Blob): Promise<string | undefined> {
	const [read, bitmap] = await Promise.all([reader({ photo: true }), createImageBitmap(file)]);
	try {
		return await read(bitmap, bitmap.width, bitmap.height);
	} finally {
		bitmap.close();
	}
}
