/** Moves the focus to what has just come, so that a person who does not see it is told. */
export function focusHere(element: HTMLElement): void {
	element.tabIndex = -1;
	element.focus();
}
