import type { Camera } from '$lib/api/types';
import { t } from '$lib/i18n/index.svelte';
import { seconds } from '$lib/i18n/format';
import type { LiveState } from '$lib/media/supervisor';

export interface Shown {
	kind: 'live' | 'ok' | 'busy' | 'warn' | 'off';
	word: string;
}

/** What to call a camera's view, from what the server says of the camera and what the player sees of it. */
export function shownState(camera: Camera, live: LiveState): Shown {
	if (camera.state.status === 'offline') return { kind: 'off', word: t('state.offline') };
	if (camera.state.status === 'private') return { kind: 'off', word: t('state.private') };
	switch (live.phase) {
		case 'live':
			return { kind: 'live', word: t('state.live') };
		case 'stalled':
			return { kind: 'warn', word: t('state.stalled') };
		case 'waiting':
			return { kind: 'warn', word: t('state.waiting') };
		case 'ended':
			return { kind: 'warn', word: t('state.unplayable') };
		case 'connecting':
			return { kind: 'busy', word: t('state.connecting') };
		case 'idle':
			return camera.state.status === 'online'
				? { kind: 'ok', word: t('state.online') }
				: { kind: 'busy', word: t('state.connecting') };
	}
}

/** What stands between the viewer and a picture, if anything does: a code that the app has words for. */
export function obstacle(camera: Camera, live: LiveState): { code: string; detail?: string | undefined } | undefined {
	if (camera.state.status === 'offline') return camera.state.problem ?? { code: 'camera.offline' };
	if (camera.state.status === 'private') return { code: 'camera.private' };
	if (live.phase === 'waiting' || live.phase === 'ended') return live.problem;
	if (camera.state.status === 'connecting') return camera.state.problem;
	return undefined;
}

/** Why the first picture takes long, where it does. */
export function slowStart(camera: Camera): string | undefined {
	const stream = camera.state.sub ?? camera.state.main;
	if (!stream?.long_gop) return undefined;
	return stream.gop_s === undefined
		? t('state.long_gop.unknown')
		: t('state.long_gop', { seconds: seconds(Math.round(stream.gop_s)) });
}
