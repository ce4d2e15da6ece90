import { words } from '$lib/i18n/index.svelte';

export interface Question {
	purpose: string;
	settle: (given: boolean) => void;
}

/** The question that stands before the person, if there is one. The frame of the app shows it. */
class ConsentDesk {
	question = $state.raw<Question>();

	/** Asks for a consent at the moment it is needed. Its dialog and words load only now. */
	readonly ask = async (purpose: string): Promise<boolean> => {
		await words('consent', 'problems');
		return new Promise((settle) => {
			this.question?.settle(false);
			this.question = {
				purpose,
				settle: (given) => {
					this.question = undefined;
					settle(given);
				}
			};
		});
	};
}

export const desk = new ConsentDesk();
