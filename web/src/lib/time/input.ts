/** What `<input type="datetime-local">` holds: local time to the second. */
export function toInput(ms: number): string {
	const at = new Date(ms);
	const two = (value: number) => String(value).padStart(2, '0');
	const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
	return `${day}T${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** The instant of such a text; a time that a clock change skipped means the one right after. */
export function fromInput(text: string): number | undefined {
	const ms = new Date(text).getTime();
	return Number.isNaN(ms) ? undefined : ms;
}

/** A time in a file's name: no character that a file system minds. */
export function forFileName(ms: number): string {
	return toInput(ms).replace('T', ' ').replaceAll(':', '.');
}
