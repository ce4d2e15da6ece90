import { api, url } from '$lib/api/client';
import { EventStream, type ServerEvent } from '$lib/api/events';
import { Problem } from '$lib/api/problem';
import type { Camera, CameraState } from '$lib/api/types';
import { app } from './app.svelte';

/** The home's cameras and how they are, kept up to date by the server's events. */
class Cameras {
	list = $state.raw<Camera[]>([]);
	phase = $state<'loading' | 'ready' | 'failed'>('loading');
	problem = $state.raw<Problem>();
	/** Events flow. When they do not, what is shown may be out of date. */
	linked = $state(true);
	/** Grows with every change of the storage figures. */
	storageRevision = $state(0);
	#stream: EventStream | undefined;
	#users = 0;

	/** Follows the server until the returned function is called as often as this one. */
	open(): () => void {
		this.#users += 1;
		if (this.#users === 1) this.#follow();
		return () => {
			this.#users -= 1;
			if (this.#users > 0) return;
			this.#stream?.close();
			this.#stream = undefined;
			this.list = [];
			this.phase = 'loading';
			removeEventListener('online', this.#retry);
		};
	}

	find(id: string): Camera | undefined {
		return this.list.find((camera) => camera.id === id);
	}

	async reload(): Promise<void> {
		try {
			this.list = await api.cameras();
			this.phase = 'ready';
			this.problem = undefined;
		} catch (error) {
			this.problem = Problem.from(error);
			if (this.phase === 'loading') this.phase = 'failed';
		}
	}

	/** Takes over what an answer said, ahead of the event that will say it too. */
	put(camera: Camera): void {
		const known = this.list.some(({ id }) => id === camera.id);
		this.list = known ? this.list.map((old) => (old.id === camera.id ? camera : old)) : [...this.list, camera];
	}

	drop(id: string): void {
		this.list = this.list.filter((camera) => camera.id !== id);
	}

	readonly #retry = () => this.#stream?.retryNow();

	#follow(): void {
		void this.reload();
		let first = true;
		addEventListener('online', this.#retry);
		this.#stream = new EventStream({
			url: url.state,
			onEvent: (event) => this.#onEvent(event),
			onStatus: (status) => {
				// What happened while the line was down may not be told again.
				if (status === 'up' && !first) void this.reload();
				if (status === 'up') first = false;
				this.linked = status === 'up';
			},
			onRefused: ({ code }) => (code === 'policy.not_agreed' ? app.notAgreed() : app.signedOut())
		});
	}

	#onEvent({ type, data }: ServerEvent): void {
		if (type === 'session_ended') {
			app.signedOut();
			return;
		}
		if (type === 'storage') {
			this.storageRevision += 1;
			return;
		}
		const { id, ids, state } = JSON.parse(data) as { id: string; ids?: string[]; state?: CameraState };
		if (type === 'cameras' && ids) {
			const known = this.list.map((camera) => camera.id);
			if (this.phase === 'ready' && !(known.length === ids.length && known.every((one) => ids.includes(one))))
				void this.reload();
		} else if (type === 'camera' && state) {
			this.list = this.list.map((camera) => (camera.id === id ? { ...camera, state } : camera));
		} else if (type === 'camera_removed') {
			this.drop(id);
		} else if (type === 'camera_added' || type === 'camera_changed') {
			api.camera(id).then(
				(camera) => this.put(camera),
				() => this.reload()
			);
		}
	}
}

export const cameras = new Cameras();
