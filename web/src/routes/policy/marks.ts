import type { ClauseState } from '$lib/api/privacy';
import type { IconName } from '$lib/ui/icons';

export type Marked = ClauseState | 'denied';

/** Each state has a shape of its own, so that colour says nothing that the shape and the word do not. */
export const markOf: Record<Marked, { icon: IconName; tone: string }> = {
	in_use: { icon: 'shield', tone: 'text-ok' },
	not_yet: { icon: 'calendar', tone: 'text-muted' },
	operator: { icon: 'person', tone: 'text-accent' },
	statement: { icon: 'info', tone: 'text-muted' },
	denied: { icon: 'close', tone: 'text-danger' }
};
export const STATES: readonly ClauseState[] = ['in_use', 'not_yet', 'operator', 'statement'];
