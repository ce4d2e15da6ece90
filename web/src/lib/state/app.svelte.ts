import { api, whenSignedOut } from '$lib/api/client';
import { Problem } from '$lib/api/problem';
import type { ServerInfo, Session } from '$lib/api/types';
import { preferred, useLanguage } from '$lib/i18n/index.svelte';

const RETRY_MS = 3000;

/** Who is here, and on which server. */
class App {
	server = $state.raw<ServerInfo>();
	session = $state.raw<Session>();
	/** The server could not be asked; it is asked again every few seconds. */
	unreachable = $state.raw<Problem>();
	#started: Promise<void> | undefined;

	/** Asks once who is here; every later call gets the same answer. */
	start(): Promise<void> {
		this.#started ??= this.#start();
		return this.#started;
	}

	async #start(): Promise<void> {
		whenSignedOut(() => (this.session = undefined));
		await useLanguage(preferred());
		await this.#ask();
	}

	async #ask(): Promise<void> {
		const [server, session] = await Promise.allSettled([api.server(), api.session()]);
		if (server.status === 'rejected') {
			this.unreachable = Problem.from(server.reason);
			setTimeout(() => void this.#ask(), RETRY_MS);
			return;
		}
		this.server = server.value;
		this.session = session.status === 'fulfilled' ? session.value : undefined;
		this.unreachable = undefined;
	}

	signedIn(session: Session): void {
		this.session = session;
		if (this.server) this.server = { ...this.server, setup_needed: false };
	}

	async signOut(): Promise<void> {
		await api.signOut();
		this.session = undefined;
	}

	get isOwner(): boolean {
		return this.session?.account.homes.some((home) => home.role === 'owner') ?? false;
	}
}

export const app = new App();
