/** Line drawings on a 24 × 24 grid, one path each. */
const CIRCLE = 'M12 2a10 10 0 1 0 0 20a10 10 0 1 0 0-20z';
const SPEAKER = 'M11 5L6 9H2v6h4l5 4z';
const LENS = 'M11 3a8 8 0 1 0 0 16a8 8 0 1 0 0-16zM21 21l-4.3-4.3';
const EYE = 'M2 12c2.5-4.5 6-7 10-7s7.5 2.5 10 7c-2.5 4.5-6 7-10 7s-7.5-2.5-10-7zM12 9a3 3 0 1 0 0 6a3 3 0 1 0 0-6z';

export const ICONS = {
	back: 'M19 12H5M12 19l-7-7 7-7',
	calendar:
		'M5 5h14a2 2 0 0 1 2 2v12a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V7a2 2 0 0 1 2-2zM3 10h18M8 3v4M16 3v4M12 13v3l2 1.5',
	camera:
		'M4 7h3l2-3h6l2 3h3a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2H4a2 2 0 0 1-2-2V9a2 2 0 0 1 2-2zM12 9.5a3.5 3.5 0 1 0 0 7a3.5 3.5 0 1 0 0-7z',
	centre: 'M12 5a7 7 0 1 0 0 14a7 7 0 1 0 0-14zM12 2v6M12 16v6M2 12h6M16 12h6',
	check: 'M4 12.5l5.5 5.5L20 7',
	close: 'M6 6l12 12M18 6L6 18',
	cut: 'M6 3a3 3 0 1 0 0 6a3 3 0 1 0 0-6zM6 15a3 3 0 1 0 0 6a3 3 0 1 0 0-6zM20 4L8.1 15.9M14.5 14.5L20 20M8.1 8.1L12 12',
	down: 'M5 9l7 7 7-7',
	download: 'M12 3v12M7 10l5 5 5-5M4 20h16',
	forward: 'M15 14l5-5-5-5M20 9H10a6 6 0 0 0 0 12h3',
	fullscreen: 'M8 3H5a2 2 0 0 0-2 2v3M21 8V5a2 2 0 0 0-2-2h-3M3 16v3a2 2 0 0 0 2 2h3M16 21h3a2 2 0 0 0 2-2v-3',
	hide: `${EYE}M3 3l18 18`,
	home: 'M3 11l9-8 9 8M5 9.5V21h14V9.5M10 21v-6h4v6',
	info: `${CIRCLE}M12 11v6M12 7.5v.01`,
	keyboard:
		'M4 5h16a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H4a2 2 0 0 1-2-2V7a2 2 0 0 1 2-2zM6.5 9v.01M10 9v.01M14 9v.01M17.5 9v.01M6.5 12v.01M10 12v.01M14 12v.01M17.5 12v.01M8 15.5h8',
	left: 'M15 5l-7 7 7 7',
	live: 'M4 6h9a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H4a2 2 0 0 1-2-2V8a2 2 0 0 1 2-2zM15 11l7-4v10l-7-4',
	minus: 'M5 12h14',
	move: 'M12 3v18M3 12h18M9 6l3-3 3 3M9 18l3 3 3-3M6 9l-3 3 3 3M18 9l3 3-3 3',
	muted: `${SPEAKER}M22 9l-6 6M16 9l6 6`,
	pause: 'M8 5v14M16 5v14',
	person: `${CIRCLE}M12 6.5a3.5 3.5 0 1 0 0 7a3.5 3.5 0 1 0 0-7zM5.8 19.5c1-2.2 3.2-3.3 6.2-3.3s5.2 1.1 6.2 3.3`,
	pin: 'M12 21c-4-5-6-8.2-6-11a6 6 0 0 1 12 0c0 2.8-2 6-6 11zM12 8a2 2 0 1 0 0 4a2 2 0 1 0 0-4z',
	pip: 'M21 10V6a2 2 0 0 0-2-2H4a2 2 0 0 0-2 2v11a2 2 0 0 0 2 2h6M14 13h7a1 1 0 0 1 1 1v5a1 1 0 0 1-1 1h-7a1 1 0 0 1-1-1v-5a1 1 0 0 1 1-1z',
	play: 'M7 4l13 8-13 8z',
	plus: 'M12 5v14M5 12h14',
	record: `${CIRCLE}M12 9a3 3 0 1 0 0 6a3 3 0 1 0 0-6z`,
	rewind: 'M9 14L4 9l5-5M4 9h10a6 6 0 0 1 0 12h-3',
	right: 'M9 5l7 7-7 7',
	scan: 'M3 8V5a2 2 0 0 1 2-2h3M16 3h3a2 2 0 0 1 2 2v3M21 16v3a2 2 0 0 1-2 2h-3M8 21H5a2 2 0 0 1-2-2v-3M8 8h3v3H8zM14 8h2v2M8 14h2v2M13.5 13.5h2.5v2.5',
	search: LENS,
	settings: 'M20 7h-9M14 17H4M17 14a3 3 0 1 0 0 6a3 3 0 1 0 0-6zM7 4a3 3 0 1 0 0 6a3 3 0 1 0 0-6z',
	shield: 'M12 3l8 3v6c0 4.5-3.4 7.6-8 9c-4.6-1.4-8-4.5-8-9V6zM8.5 12l2.5 2.5 4.5-5',
	show: EYE,
	sign_out: 'M9 21H5a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2h4M16 17l5-5-5-5M21 12H9',
	sound: `${SPEAKER}M15.5 8.5a5 5 0 0 1 0 7M18.5 5.5a9 9 0 0 1 0 13`,
	stop: `${CIRCLE}M9 9h6v6H9z`,
	up: 'M5 15l7-7 7 7',
	warning: 'M12 3L2 20h20zM12 10v4M12 17.2v.01',
	wifi: 'M2 9a15 15 0 0 1 20 0M5.5 12.5a10 10 0 0 1 13 0M9 16a5 5 0 0 1 6 0M12 19.5v.01',
	zoom_in: `${LENS}M11 8v6M8 11h6`,
	zoom_out: `${LENS}M8 11h6`
} as const;

export type IconName = keyof typeof ICONS;
