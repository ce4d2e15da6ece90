import type zh from '../zh-CN/storage';

const en: Record<keyof typeof zh, string> = {
	'storage.own': 'The server’s own folder',
	'storage.label': 'Disks',
	'storage.line': '{used} used of {quota}, {free} free on the disk',
	'storage.gone': 'What was recorded here cannot be seen for now. It is back when the disk is.',
	'storage.since': 'since {time}',
	'storage.health.ok': 'Takes recordings',
	'storage.health.full': 'No room left',
	'storage.health.failing': 'Reading or writing fails',
	'storage.health.read_only': 'Turned read-only',
	'storage.health.slow': 'Takes seconds to write',
	'storage.health.missing': 'Not connected',
	'storage.remedy.full': 'Make some room there, or add a disk.',
	'storage.remedy.failing': 'Check its cable. Should it fail again, replace the disk.',
	'storage.remedy.read_only': 'Its file system may be damaged: check it, repair it, mount it again.',
	'storage.remedy.slow': 'See whether another program keeps it busy; an old disk may be about to fail.',
	'storage.remedy.missing': 'Connect it and mount it where it was.',
	'storage.alert': '{name}: {health}',
	'storage.alert.next': 'Recording goes on, on another disk.',
	'storage.alert.none': 'New footage is only held in memory, which soon runs out. Please see to it now.',
	'storage.alert.more': 'See the disks'
};

export default en;
