import type zh from '../zh-CN/account';

const en: Record<keyof typeof zh, string> = {
	'account.title': 'Me',
	'account.role.owner': 'Owner',
	'account.role.member': 'Member',
	'account.sign_out': 'Sign out',
	'account.preferences': 'Preferences',
	'account.storage': 'Space for recordings',
	'account.storage.used': '{used} used of {quota}',
	'account.storage.oldest': 'Oldest footage: {time}',
	'account.storage.days': 'At this rate it lasts about {days}',
	'account.storage.none': 'Nothing recorded yet.',
	'account.cases': 'Locks and cases',
	'account.about': 'About',
	'account.version': 'Server version {version}'
};

export default en;
