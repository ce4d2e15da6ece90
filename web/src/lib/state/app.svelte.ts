import { api, whenNotAgreed, whenSignedOut } from '$lib/api/client';
import { Problem } from '$lib/api/problem';
import type { Agreed, ServerInfo, Session } from '$lib/api/types';
import { beginIn, preferred, rememberLanguage } from '$lib/i18n/index.svelte';

const RETRY_MS = 3000;

/** Who is here, and on which server. */
class App {
	server = $state.raw<ServerInfo>();
	session = $state.raw<Session>();
	/** The person who is signed in has not agreed to the policy in force: nothing but it and the privacy centre opens. */
	mustAgree = $state(false);
	/** The account is being cancelled: what ends with it is no reason to ask for a sign-in. */
	leaving = $state(false);
	/** The server could not be asked; it is asked again every few seconds. */
	unreachable = $state.raw<Problem>();
	#started: Promise<void> | undefined;
	#languageChosen = false;

	/** Asks once who is here; every later call gets the same answer. */
	start(): Promise<void> {
		this.#started ??= this.#start();
		return this.#started;
	}

	#start(): Promise<void> {
		whenSignedOut(() => this.signedOut());
		whenNotAgreed(() => this.notAgreed());
		beginIn(preferred());
		return this.#ask();
	}

	async #ask(): Promise<void> {
		const [server, session] = await Promise.allSettled([api.server(), api.session()]);
		if (server.status === 'rejected') {
			this.unreachable = Problem.from(server.reason);
			setTimeout(() => void this.#ask(), RETRY_MS);
			return;
		}
		this.server = server.value;
		if (session.status === 'fulfilled') this.#enter(session.value);
		this.unreachable = undefined;
	}

	/** Asks anew who is here: with its last owner gone, the server may have to be set up again. */
	async again(): Promise<void> {
		await this.#ask();
		this.leaving = false;
	}

	#enter(session: Session): void {
		this.session = session;
		this.mustAgree = session.account.agreed?.state === 'none';
	}

	signedIn(session: Session): void {
		this.#enter(session);
		if (this.server) this.server = { ...this.server, setup_needed: false };
		this.#keepLanguage();
	}

	signedOut(): void {
		this.session = undefined;
		this.mustAgree = false;
	}

	notAgreed(): void {
		this.mustAgree = true;
		if (this.session) this.#setAgreed({ ...this.session.account.agreed, state: 'none' });
	}

	agreed(agreed: Agreed): void {
		this.mustAgree = false;
		if (this.session) this.#setAgreed(agreed);
		this.#keepLanguage();
	}

	#setAgreed(agreed: Agreed): void {
		if (this.session) this.session = { ...this.session, account: { ...this.session.account, agreed } };
	}

	/** A person chose a language. It is kept on this device once there is an agreement that allows to keep anything. */
	languageChosen(): void {
		this.#languageChosen = true;
		this.#keepLanguage();
	}

	#keepLanguage(): void {
		if (this.#languageChosen && this.session && !this.mustAgree) rememberLanguage();
	}

	async signOut(): Promise<void> {
		await api.signOut();
		this.signedOut();
	}

	get isOwner(): boolean {
		return this.session?.account.homes.some((home) => home.role === 'owner') ?? false;
	}
}

export const app = new App();
