// The page around it: takes a file, shows how far it is and what was found.
import { verifyCase } from './case.js';
import { WORDS } from './words.js';

const $ = (id) => document.getElementById(id);
let language = navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en';
/** What is on the screen, to be said again in the other language. */
let shown = () => {};
let round = 0;

const say = (key, slots = {}) => (WORDS[language][key] ?? key).replace(/\{(\w+)\}/g, (_, name) => String(slots[name]));

function make(tag, text, ...children) {
	const element = document.createElement(tag);
	if (text) element.textContent = text;
	element.append(...children);
	return element;
}

const clock = (text) =>
	new Intl.DateTimeFormat(language === 'zh' ? 'zh-CN' : 'en', {
		dateStyle: 'medium',
		timeStyle: 'long'
	}).format(new Date(text));

function speak() {
	document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
	document.title = say('title');
	for (const element of document.querySelectorAll('[data-say]')) element.textContent = say(element.dataset.say);
	$('other').lang = language === 'zh' ? 'en' : 'zh-CN';
	shown();
}

function showProgress(name, percent) {
	shown = () => {
		$('result').replaceChildren();
		$('progress').hidden = false;
		$('bar').value = percent;
		$('percent').textContent = say('reading', { name, percent });
	};
	shown();
}

function faultItem({ kind, file, camera, time, from, to }) {
	const item = make('li', '', make('strong', say(`fault_${kind}`)));
	item.dataset.kind = kind;
	const where = [
		file,
		camera,
		time && say('from_time', { time: clock(time) }),
		to > from && say('bytes', { from, to: to - 1 })
	];
	item.append(make('span', where.filter(Boolean).join(' · ')));
	return item;
}

function pairs(...rows) {
	const list = make('dl');
	for (const [name, value] of rows) if (value) list.append(make('div', '', make('dt', say(name)), make('dd', value)));
	return list;
}

function proofOf(camera, { breaks }) {
	const items = [make('li', say('proof_links', { n: camera.segments.length }))];
	const heads = (camera.head ? 1 : 0) + (camera.heads ?? []).length;
	items.push(make('li', heads > 0 ? say('proof_heads', { n: heads }) : say('proof_no_head')));
	const loose = camera.segments.filter(({ tail, sha256 }) => tail === undefined && sha256 !== undefined).length;
	if (loose > 0) items.push(make('li', say('proof_unchained', { n: loose })));
	for (const { time } of breaks.filter((one) => one.camera === camera.id))
		items.push(make('li', `${clock(time)}: ${say('proof_breaks')}`));
	return make('ul', '', ...items);
}

function cameraPart(camera, manifest, report) {
	const section = make('section', '', make('h3', camera.name));
	const files = manifest.files.filter((file) => file.camera === camera.id);
	section.append(make('h4', say('files')));
	section.append(
		make(
			'ul',
			'',
			...files.map(({ name, from, to, sha256 }) =>
				make(
					'li',
					'',
					make('span', name),
					make('span', `${clock(from)} – ${clock(to)}`),
					make('code', `SHA-256 ${sha256}`)
				)
			)
		)
	);
	if (camera.gaps.length > 0) {
		section.append(make('h4', say('gaps')));
		const gap = ({ from, to, cause }) => make('li', `${clock(from)} – ${clock(to)}: ${say(`cause_${cause}`)}`);
		section.append(make('ul', '', ...camera.gaps.map(gap)));
	}
	section.append(make('h4', say('proof')), proofOf(camera, report));
	return section;
}

function showReport(report) {
	shown = () => {
		const { manifest, faults, fingerprint } = report;
		const whole = faults.length === 0;
		$('progress').hidden = true;
		const head = make('h2', say(whole ? 'whole' : 'changed'));
		head.tabIndex = -1;
		const verdict = make('section', '', head);
		verdict.className = whole ? 'verdict good' : 'verdict bad';
		verdict.dataset.verdict = whole ? 'whole' : 'changed';
		if (whole) verdict.append(make('p', say('whole_text', { n: manifest.files.length + 2 })));
		else verdict.append(make('p', say('changed_text')), make('ul', '', ...faults.map(faultItem)));
		const parts = [verdict];
		if (fingerprint) {
			const code = make('code', fingerprint);
			code.id = 'fingerprint';
			parts.push(make('section', '', make('h2', say('compare')), make('p', say('compare_text')), make('p', '', code)));
		}
		if (manifest) {
			const about = make('section', '', make('h2', say('about')));
			about.append(
				pairs(
					['made', `${clock(manifest.made_at)} · ${say('by', manifest.by)}`],
					['range', `${clock(manifest.from)} – ${clock(manifest.to)}`],
					['reason', manifest.reason],
					['key', manifest.key]
				),
				make('p', say('limits'))
			);
			parts.push(about, ...manifest.cameras.map((camera) => cameraPart(camera, manifest, report)));
		}
		$('result').replaceChildren(...parts);
		head.focus();
	};
	shown();
}

function showFailure() {
	shown = () => {
		$('progress').hidden = true;
		const note = make('p', say('open_failed'));
		note.setAttribute('role', 'alert');
		$('result').replaceChildren(note);
	};
	shown();
}

async function check(file) {
	const own = ++round;
	let last = -1;
	showProgress(file.name, 0);
	const source = {
		size: file.size,
		read: async (from, to) => new Uint8Array(await file.slice(from, Math.max(from, to)).arrayBuffer())
	};
	try {
		const report = await verifyCase(source, (done, all) => {
			const percent = Math.floor((100 * done) / Math.max(1, all));
			if (percent !== last && own === round) showProgress(file.name, (last = percent));
		});
		if (own === round) showReport(report);
	} catch {
		if (own === round) showFailure();
	}
}

$('other').onclick = () => {
	language = language === 'zh' ? 'en' : 'zh';
	speak();
};
$('file').onchange = ({ currentTarget }) => currentTarget.files[0] && void check(currentTarget.files[0]);
document.ondragover = (event) => {
	event.preventDefault();
	document.body.classList.add('over');
};
document.ondragleave = () => document.body.classList.remove('over');
document.ondrop = (event) => {
	event.preventDefault();
	document.body.classList.remove('over');
	const file = event.dataTransfer?.files[0];
	if (file) void check(file);
};
// For who checks many: the same function, from the browser's console.
globalThis.verifyCase = verifyCase;
speak();
