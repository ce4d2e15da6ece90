import type zh from '../zh-CN/consent';

const en: Record<keyof typeof zh, string> = {
	'notice.policy': 'The privacy policy has changed in a way that matters.',
	'notice.policy.look': 'See what changed',

	'asked.title': 'This needs your consent',
	'asked.for': 'What it is for',
	'asked.uses': 'What it uses',
	'asked.without': 'Without it',
	'asked.without.only': 'Only this one function does not work. Everything else goes on as before.',
	'asked.sensitive': 'Sensitive personal data are among it, so it is asked for on its own.',
	'asked.version':
		'Under version {version} of the privacy policy. You can withdraw it in the privacy centre at any time.',
	'asked.agree': 'Agree',
	'asked.not_now': 'Not now',
	'asked.given': 'Your consent is recorded',
	'asked.none': 'There is nothing to consent to here; it may not be in use yet.'
};

export default en;
