import type zh from '../zh-CN/auth';

const en: Record<keyof typeof zh, string> = {
	'setup.title': 'Welcome',
	'setup.step': 'Step {n} of {of}',
	'setup.language': 'Choose your language',
	'setup.language.text': 'You can change it at any time under “Me”.',
	'setup.policy': 'First, the privacy policy',
	'setup.policy.text': 'Nothing is stored until you agree.',
	'setup.policy.page': 'Open the page with contents and marks',
	'setup.agree': 'I agree',
	'setup.decline': 'Not now',
	'setup.declined': 'All right. Nothing was stored',
	'setup.declined.text':
		'This server cannot be used without agreeing to its policy. You can simply close this page, or read the policy again.',
	'setup.declined.again': 'Read it again',
	'setup.owner': 'Create the owner account',
	'setup.owner.text': 'The owner adds and removes cameras and sees every picture.',
	'setup.adult': 'I am 18 or older',
	'setup.code': 'Set-up code',
	'setup.code.text': 'The one-time code that the server printed when it started. It proves that the server is yours.',
	'setup.create': 'Create account',
	'setup.done': 'You are all set',
	'setup.storage':
		'Recordings may take up to {quota}; the disk has {free} left. When that is full, the oldest footage makes room.',
	'setup.storage.unknown':
		'Recordings may take up to 80% of the free space. When that is full, the oldest footage makes room.',
	'setup.first_camera': 'Add your first camera',
	'setup.look': 'Look around first',

	'sign_in.title': 'Sign in',
	'sign_in.email': 'E-mail',
	'sign_in.password': 'Password',
	'sign_in.password.new': 'Choose a password',
	'sign_in.password.rule': 'At least 10 characters. A short sentence works well.',
	'sign_in.submit': 'Sign in',
	'sign_in.forgot': 'Forgot it? Run {command} on the server to reset the owner’s password.'
};

export default en;
