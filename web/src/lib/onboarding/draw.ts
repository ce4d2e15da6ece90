/** A code as a picture that is made here, in the browser: what it says goes nowhere else. */
import encodeQR from 'qr';

/** Light modules round a code (ISO/IEC 18004, 6.3.8). */
const QUIET_ZONE = 4;

export interface Drawn {
	/** Modules on a side, with the quiet zone. */
	size: number;
	/** The dark modules, as the path of an SVG: a run of them in a row is one rectangle. */
	path: string;
}

export function draw(code: string): Drawn {
	const rows = encodeQR(code, 'raw', { ecc: 'medium', border: QUIET_ZONE });
	let path = '';
	for (const [y, row] of rows.entries()) {
		for (let x = 0; x < row.length; x++) {
			if (!row[x]) continue;
			const from = x;
			while (row[x + 1]) x += 1;
			path += `M${from} ${y}h${x - from + 1}v1h-${x - from + 1}z`;
		}
	}
	return { size: rows.length, path };
}
