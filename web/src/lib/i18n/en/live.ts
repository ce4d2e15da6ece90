import type zh from '../zh-CN/live';

const en: Record<keyof typeof zh, string> = {
	'grid.title': 'Live',
	'grid.layout': 'Columns',
	'grid.layout.auto': 'Auto',
	'grid.layout.n': '{n|1 column|{n} columns}',
	'grid.empty': 'No cameras yet',
	'grid.empty.text': 'All it takes is a camera’s network address. Test it first, and save once you see a picture.',
	'grid.empty.add': 'Add a camera',
	'grid.empty.member': 'Cameras appear here once the owner of this home adds them.',
	'grid.count': '{n|1 camera|{n} cameras}, {online} online',
	'grid.keys': 'Arrow keys move, Enter opens, number keys open a camera directly.',
	'grid.open': 'Open {name}, {state}',

	'state.live': 'Live',
	'state.online': 'Online',
	'state.connecting': 'Connecting',
	'state.offline': 'Offline',
	'state.private': 'Private',
	'state.stalled': 'Stalled',
	'state.waiting': 'Trying again soon',
	'state.unplayable': 'Cannot play',
	'state.paused': 'Paused',
	'state.recording': 'Recording',
	'state.recording.off': 'Not recording',
	'state.recording.waiting': 'Waiting to record',
	'state.recording.failed': 'Recording failed',
	'state.long_gop': 'This camera sends key frames far apart, so the first picture takes {seconds}.',
	'state.long_gop.unknown': 'This camera sends key frames far apart, so the first picture takes a while.',
	'state.still': 'Picture from {ago}',
	'state.still.now': 'Picture from a moment ago',

	'camera.video': 'Picture of {name}'
};

export default en;
