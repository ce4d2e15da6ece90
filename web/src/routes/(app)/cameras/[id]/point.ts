interface Size {
	width: number;
	height: number;
}

/** Where in a picture that is shown whole within a box somebody clicked, from 0 to 1; nowhere where it was beside it. */
export function pointIn(
	at: { left: number; top: number },
	box: Size,
	picture: Size
): { x: number; y: number } | undefined {
	if (picture.width === 0 || picture.height === 0) return undefined;
	const scale = Math.min(box.width / picture.width, box.height / picture.height);
	const x = 0.5 + (at.left - box.width / 2) / (picture.width * scale);
	const y = 0.5 + (at.top - box.height / 2) / (picture.height * scale);
	return x >= 0 && x <= 1 && y >= 0 && y <= 1 ? { x, y } : undefined;
}
