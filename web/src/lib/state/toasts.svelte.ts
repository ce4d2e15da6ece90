export interface Toast {
	id: number;
	text: string;
	kind: 'info' | 'problem';
	/** Address of a small picture. */
	picture?: string;
}

const SHOWN_MS = 5000;
const SHOWN_MAX = 3;
let last = 0;

class Toasts {
	list = $state.raw<Toast[]>([]);

	show(text: string, rest: Partial<Omit<Toast, 'id' | 'text'>> = {}): void {
		const toast: Toast = { id: ++last, text, kind: 'info', ...rest };
		this.list = [...this.list, toast].slice(-SHOWN_MAX);
		setTimeout(() => this.drop(toast.id), SHOWN_MS);
	}

	drop(id: number): void {
		this.list = this.list.filter((toast) => toast.id !== id);
	}
}

export const toasts = new Toasts();
