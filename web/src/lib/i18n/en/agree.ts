import type zh from '../zh-CN/agree';

const en: Record<keyof typeof zh, string> = {
	'agree.title.first': 'First, the privacy policy',
	'agree.title.changed': 'The privacy policy has changed',
	'agree.first': 'Until you agree, nothing opens but the policy and the privacy centre, and nothing is collected.',
	'agree.changed': 'You last agreed to version {version}. Since then:',
	'agree.changed.unknown': 'What has changed:',
	'agree.express': 'This needs your express consent',
	'agree.express.text':
		'These changes take something from your rights, or use data for more. Only “I agree”, here, counts as a yes. Not answering, closing the page or going on does not.',
	'agree.prominent': 'These changes matter, so please look at them first.',
	'agree.read': 'Read it in full',
	'agree.adult': 'I am 18 or older',
	'agree.agree': 'I agree',
	'agree.not_now': 'Not now',
	'agree.not_now.signs_out': '“Not now” signs you out. Nothing is deleted because of it.',
	'agree.not_now.back': 'You can go on without agreeing now.',
	'agree.centre':
		'Without agreeing you can still open the privacy centre: to look, to withdraw, or to cancel your account.',
	'agree.centre.link': 'Open the privacy centre',
	'agree.thanks': 'Your agreement to version {version} is recorded',
	'agree.no_changes': 'No changes are listed. Please read it in full.',

	'goodbye.title': 'Your account is cancelled',
	'goodbye.text':
		'You are signed out everywhere, and the keys of your account’s data are destroyed. The preferences on this device are gone too.',
	'goodbye.held':
		'What the law has us keep is only stored, used for nothing else, and destroyed when its time is over.',
	'goodbye.go': 'Back to the start'
};

export default en;
