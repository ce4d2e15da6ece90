/** The requests by which a camera is invited and paired. None of them knows a network's name or password. */
import { json, read, send } from '$lib/api/client';
import { lines } from '$lib/api/manage';
import type { InvitationState, Invited, PairLine } from '$lib/api/types';
import { fromBase64url } from './fields';
import type { Invitation } from './uri';

const invitation = (id: string) => `/cameras/invitations/${encodeURIComponent(id)}`;

export const onboarding = {
	invite: () => read<Invited>('/cameras/invitations', json('POST', {})),
	state: (id: string, signal?: AbortSignal) => read<InvitationState>(invitation(id), signal ? { signal } : {}),
	withdraw: (id: string) => send(invitation(id), { method: 'DELETE' }),

	/** Pairs the camera with this label, step by step. */
	async pair(code: string, onLine: (line: PairLine) => void, signal: AbortSignal): Promise<void> {
		const answer = await send('/cameras/pair', { ...json('POST', { code }), signal });
		if (!answer.body) return;
		for await (const line of lines(answer.body)) onLine(JSON.parse(line) as PairLine);
	}
};

/** What of an invitation goes into a code; `undefined` where the server sent something else. */
export function invitationOf({ server, certificate, claim }: Invited): Invitation | undefined {
	const [print, token] = [fromBase64url(certificate, 32), fromBase64url(claim, 16)];
	return print && token ? { server, certificate: print, claim: token } : undefined;
}
