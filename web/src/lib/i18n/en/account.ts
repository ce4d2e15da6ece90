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
	'gone.title': 'Cameras that are gone, their footage kept',
	'gone.removed': 'Removed {time}',
	'gone.footage': '{from} to {until} · {size}',
	'gone.none': 'All of its footage is past its time; the name goes within a day.',
	'gone.locked': 'Some of it is locked',
	'gone.play': 'Watch',
	'gone.play.of': 'Watch the footage of {name}',
	'gone.erase': 'Erase',
	'gone.erase.of': 'Erase the footage of {name}',
	'gone.erase.confirm': 'Erase the footage of “{name}”?',
	'gone.erase.text': 'Its keys are destroyed at once. It can never be opened again, not even from backups.',
	'gone.erase.locked': 'Some of it is locked, and would be gone for good with the rest.',
	'gone.erase.yes': 'Erase the footage',
	'gone.erased': 'The footage of {name} was erased',
	'account.cases': 'Locks and cases',
	'account.about': 'About',
	'account.version': 'Server version {version}'
};

export default en;
