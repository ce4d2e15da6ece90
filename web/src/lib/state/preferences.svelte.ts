/** Choices kept on this device. They exist only for people who are signed in, and so have agreed to the policy. */

export type Theme = 'system' | 'light' | 'dark';
export type Layout = 'auto' | 1 | 2 | 3 | 4;

function readTheme(): Theme {
	const stored = localStorage.getItem('theme');
	return stored === 'light' || stored === 'dark' ? stored : 'system';
}

function readLayout(): Layout {
	const stored = Number(localStorage.getItem('layout'));
	return stored === 1 || stored === 2 || stored === 3 || stored === 4 ? stored : 'auto';
}

class Preferences {
	#theme = $state<Theme>(readTheme());
	#layout = $state<Layout>(readLayout());

	get theme(): Theme {
		return this.#theme;
	}

	set theme(theme: Theme) {
		this.#theme = theme;
		if (theme === 'system') {
			localStorage.removeItem('theme');
			delete document.documentElement.dataset.theme;
		} else {
			localStorage.setItem('theme', theme);
			document.documentElement.dataset.theme = theme;
		}
	}

	get layout(): Layout {
		return this.#layout;
	}

	set layout(layout: Layout) {
		this.#layout = layout;
		if (layout === 'auto') localStorage.removeItem('layout');
		else localStorage.setItem('layout', String(layout));
	}
}

export const preferences = new Preferences();
