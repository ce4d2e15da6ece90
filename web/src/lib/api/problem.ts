interface ProblemDetails {
	status?: number;
	detail?: string | undefined;
	requestId?: string | undefined;
	field?: string | undefined;
	purpose?: string | undefined;
	retryAfterS?: number | undefined;
}

/** A refusal or failure, as RFC 9457 problem details carry it. */
export class Problem extends Error {
	/** One of the codes that the app has words for, unless the server is newer than this page. */
	readonly code: string;
	readonly status: number;
	readonly detail: string | undefined;
	readonly requestId: string | undefined;
	readonly field: string | undefined;
	/** The purpose that lacks a consent, where the code is `consent.needed`. */
	readonly purpose: string | undefined;
	/** Seconds after which another attempt makes sense, where the server says so. */
	readonly retryAfterS: number | undefined;

	constructor(code: string, rest: ProblemDetails = {}) {
		super(code);
		this.name = 'Problem';
		this.code = code;
		this.status = rest.status ?? 0;
		this.detail = rest.detail;
		this.requestId = rest.requestId;
		this.field = rest.field;
		this.purpose = rest.purpose;
		this.retryAfterS = rest.retryAfterS;
	}

	/** Reads a failed answer. A body that is no problem document still gives a problem: of its status. */
	static async of(response: Response): Promise<Problem> {
		const requestId = response.headers.get('x-request-id') ?? undefined;
		const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
		let body: Record<string, unknown> = {};
		try {
			const parsed: unknown = await response.json();
			if (typeof parsed === 'object' && parsed !== null) body = parsed as Record<string, unknown>;
		} catch {
			// Not JSON: a proxy's page, say.
		}
		return new Problem(text(body.code) ?? codeOfStatus(response.status), {
			status: response.status,
			detail: text(body.detail),
			requestId: text(body.request_id) ?? requestId,
			field: text(body.field),
			purpose: text(body.purpose),
			retryAfterS: Number.parseInt(response.headers.get('retry-after') ?? '', 10) || undefined
		});
	}

	/** Whatever was thrown, as a problem. `fetch` throws a TypeError when nobody answers. */
	static from(error: unknown): Problem {
		if (error instanceof Problem) return error;
		if (error instanceof TypeError) return new Problem('client.network', { detail: error.message });
		return new Problem('client.unknown', { detail: error instanceof Error ? error.message : String(error) });
	}
}

function codeOfStatus(status: number): string {
	if (status === 401) return 'session.none';
	if (status === 404) return 'not_found';
	if (status === 413) return 'request.too_large';
	// What a proxy says while the server behind it is away.
	if (status === 502 || status === 503 || status === 504) return 'client.network';
	return status >= 500 ? 'internal' : 'client.unknown';
}
