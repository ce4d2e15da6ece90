/**
 * Setting a camera up through its lens: an invitation is fetched, a code is drawn from it and the network, and the server is asked
 * whether the camera has called. The network's name and password are held here and drawn; no request carries them.
 */
import { Problem } from '$lib/api/problem';
import { invitationOf, onboarding } from './api';
import { draw, type Drawn } from './draw';
import { type Network, writeWifi } from './uri';

/** How often the server is asked whether the camera has called. */
const ASK_MS = 2000;

export type Waiting = 'waiting' | 'expired' | { camera: string };

export interface Shown {
	drawn: Drawn;
	/** What is drawn, for a camera that has a page instead of looking. It holds the password. */
	text: string;
	/** When the invitation ends; `undefined` for a code that invites nobody. */
	expires: number | undefined;
}

/** A code for a camera of another make: it joins the network and calls nobody. */
export function drawPlain(network: Network): Shown {
	const text = writeWifi({ network });
	return { drawn: draw(text), text, expires: undefined };
}

export class LensSetUp {
	readonly #network: Network;
	readonly #onState: (state: Waiting) => void;
	readonly #abort = new AbortController();
	#timer: ReturnType<typeof setTimeout> | undefined;
	#id: string | undefined;

	constructor(network: Network, onState: (state: Waiting) => void) {
		this.#network = network;
		this.#onState = onState;
	}

	/** Invites a camera and draws the code for it; from then on the state is told as it changes. */
	async begin(): Promise<Shown> {
		const invited = await onboarding.invite();
		const invitation = invitationOf(invited);
		if (!invitation) throw new Problem('client.unknown', { detail: 'the invitation is damaged' });
		this.#id = invited.id;
		// Left meanwhile: an invitation that nobody shows is taken back.
		if (this.#abort.signal.aborted) this.withdraw();
		else this.#later();
		const text = writeWifi({ network: this.#network, invitation });
		return { drawn: draw(text), text, expires: Date.parse(invited.expires) };
	}

	#later(): void {
		this.#timer = setTimeout(() => void this.#ask(), ASK_MS);
	}

	async #ask(): Promise<void> {
		if (this.#id === undefined) return;
		try {
			const { state, camera_id: camera } = await onboarding.state(this.#id, this.#abort.signal);
			if (this.#abort.signal.aborted) return;
			if (state === 'claimed' && camera !== undefined) return this.#onState({ camera });
			if (state === 'expired') return this.#onState('expired');
		} catch (error) {
			if (this.#abort.signal.aborted) return;
			// What is gone does not come back; a network that fails may.
			if (Problem.from(error).status === 404) return this.#onState('expired');
		}
		this.#later();
	}

	/** Stops asking. The code stays good until it expires: the camera may be reading it right now. */
	close(): void {
		this.#abort.abort();
		clearTimeout(this.#timer);
	}

	/** Stops, and takes the invitation back. */
	withdraw(): void {
		this.close();
		if (this.#id === undefined) return;
		onboarding.withdraw(this.#id).catch(() => {
			// It expires by itself.
		});
	}
}
