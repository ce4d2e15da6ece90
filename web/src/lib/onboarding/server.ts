/** Bytes of a server's address at most: scheme, a host name of up to 253 (RFC 1035, 2.3.4), port. */
const SERVER_BYTES_MAX = 267;

/**
 * `https://HOST[:PORT]` and nothing else, in lower case: a host name, an IPv4 address, or an IPv6 address in brackets; no
 * multicast, unspecified or link-local one.
 */
export function isServerUrl(url: string): boolean {
	if (!url.startsWith('https://') || url.length > SERVER_BYTES_MAX) return false;
	const rest = url.slice('https://'.length);
	const colon = rest.lastIndexOf(':');
	const port = colon < 0 || rest.includes(']', colon) ? undefined : rest.slice(colon + 1);
	const host = port === undefined ? rest : rest.slice(0, colon);
	return (port === undefined || (/^[1-9]\d{0,4}$/.test(port) && Number(port) < 65_536)) && isHost(host);
}

function isHost(host: string): boolean {
	if (host.startsWith('[') && host.endsWith(']')) return isUsableV6(host.slice(1, -1));
	const labels = host.split('.');
	const named = (label: string) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(label);
	if (host.length > 253 || !labels.every(named)) return false;
	// A name whose last label is a number is an address, in one of its odd spellings or in the plain one (WHATWG URL, 3.5).
	const last = labels.at(-1) ?? '';
	return /^(\d+$|0x)/.test(last) ? isUsableV4(host) : true;
}

/** An IPv4 address in its plain spelling that a camera may call. */
export function isUsableV4(host: string): boolean {
	const octets = host.split('.');
	if (octets.length !== 4 || !octets.every((octet) => /^(0|[1-9]\d{0,2})$/.test(octet) && Number(octet) < 256))
		return false;
	const [first, second] = [Number(octets[0]), Number(octets[1])];
	const multicast = first >= 224 && first < 240;
	return host !== '0.0.0.0' && host !== '255.255.255.255' && !multicast && !(first === 169 && second === 254);
}

/** An IPv6 address in the spelling of RFC 5952 that a camera may call. */
function isUsableV6(text: string): boolean {
	let canonical: string;
	try {
		canonical = new URL(`https://[${text}]`).hostname.slice(1, -1);
	} catch {
		return false;
	}
	const words = wordsOf(canonical);
	const mapped = words.slice(0, 5).every((word) => word === 0) && words[5] === 0xffff;
	if (mapped) {
		const octets = words.slice(6).flatMap((word) => [word >> 8, word & 0xff]);
		const v4 = octets.join('.');
		return text === `::ffff:${v4}` && isUsableV4(v4);
	}
	const first = words[0] ?? 0;
	const unspecified = words.every((word) => word === 0);
	return text === canonical && !unspecified && first >> 8 !== 0xff && (first & 0xffc0) !== 0xfe80;
}

/** The eight words of an address as URLs spell it. */
function wordsOf(address: string): number[] {
	const part = (text: string | undefined) => (text ? text.split(':').map((digits) => Number.parseInt(digits, 16)) : []);
	const [head, tail] = address.split('::');
	const [before, after] = [part(head), part(tail)];
	return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
}
