import type zh from '../zh-CN/policy';

const en: Record<keyof typeof zh, string> = {
	'policy.title': 'Privacy policy',
	'policy.print': 'Print',
	'policy.contents': 'Contents',
	'policy.to_centre': 'My privacy centre',
	'policy.operator': 'Operator',
	'policy.contact': 'Contact',
	'policy.region': 'Where data are kept',
	'policy.hash': 'Fingerprint',
	'policy.fallback': 'The page with its marks cannot be opened right now. This is the full text.',
	'policy.states': 'The mark beside each clause',
	'policy.states.text': 'Tap the mark beside a clause to see how it is kept.',
	'policy.clause': 'Link to clause {id}',
	'policy.badge': 'Clause {id}: {state}. How is it kept?',

	'policy.state.in_use': 'In use',
	'policy.state.proven': 'In use, proven by {n|{n} test|{n} tests}',
	'policy.state.not_yet': 'Not yet in use',
	'policy.state.operator': 'The operator’s duty',
	'policy.state.statement': 'Statement',
	'policy.state.denied': 'Nothing is sent',
	'policy.why.in_use':
		'The software keeps this clause at {points|{points} place|{points} places}. The version you see carries no test results.',
	'policy.why.proven':
		'The software keeps this clause at {points|{points} place|{points} places}. {tests|{tests} test|{tests} tests} ran before the release and proved it: with the enforcement switched off, they fail.',
	'policy.why.not_yet':
		'What this clause is about has not been built. Until it is, its purposes are refused and it does not happen.',
	'policy.why.operator':
		'This clause is kept by people: by signing agreements or sending notices, for example. Software cannot prove it.',
	'policy.why.statement': 'This clause only says how things are. There is nothing to enforce.',
	'policy.why.points': 'Enforced at',
	'policy.about.in_use': 'The software keeps it; the mark says whether tests have proven so.',
	'policy.about.not_yet': 'It has not been built, and its purposes are refused.',
	'policy.about.operator': 'Kept by people; software cannot prove it.',
	'policy.about.statement': 'Says how things are; nothing to enforce.',

	'policy.recipients': 'Who gets what',
	'policy.recipients.text':
		'These are all the recipients. To anybody else, and in any other field, the software cannot send.',
	'policy.recipient.gets': 'What {name} gets',
	'policy.recipient.field': 'What',
	'policy.recipient.purpose': 'What for',
	'policy.recipient.nothing': 'It gets nothing.',
	'policy.recipient.could_ask': 'Could ask for {n} more; we do not send them',
	'policy.recipient.theirs': 'Their own policy',
	'policy.recipient.region': 'Region: {region}',
	'policy.recipient.deployment': 'the same as this server',
	'policy.recipient.clause': 'Basis',
	'policy.recipient.denied': 'There is no agreement in force, so nothing is sent.',
	'policy.recipient.not_yet': 'The function that would use it has not been built, so nothing is sent.',
	'policy.recipient.would': 'Once it is, this is all that may be sent:',
	'policy.recipient.in_use': 'Only this is sent.',

	'policy.purposes': 'Purposes',
	'policy.purposes.text': 'Data may be used for these and for nothing else.',
	'policy.purpose.name': 'Purpose',
	'policy.purpose.basis': 'Basis',
	'policy.purpose.uses': 'Uses',
	'policy.purpose.clauses': 'Clauses',
	'policy.purpose.state': 'State',
	'policy.basis.contract': 'Needed for the service',
	'policy.basis.consent': 'Your consent',
	'policy.basis.legal_obligation': 'Required by law',
	'policy.sensitive': 'Sensitive',

	'policy.categories': 'Kinds of data',
	'policy.categories.text': 'Every kind of personal data that the server comes to handle.',
	'policy.category.name': 'Kind',
	'policy.category.stored': 'Stored?',
	'policy.category.where': 'Where',
	'policy.category.retention': 'How long',
	'policy.category.yes': 'Stored',
	'policy.category.no': 'Never stored',

	'policy.rights': 'Your rights',
	'policy.right.days': 'Answered within {n|{n} day|{n} days}',
	'policy.findings': 'Where the old terms contradicted themselves',
	'policy.findings.text':
		'{n|In one place|In {n} places} the old terms were unclear or contradicted themselves. Each was decided in your favour:',
	'policy.history': 'History',
	'policy.history.text': 'What each version changed, in sentences.',
	'policy.history.none': 'There is no history yet.',
	'policy.history.first': 'The first version.',
	'policy.history.version': 'Version {version}, {date}',
	'policy.history.now': 'in force',
	'policy.class.silent': 'Wording only',
	'policy.class.posted': 'Posted on this page',
	'policy.class.prominent': 'With a notice',
	'policy.class.express': 'Needs your express consent'
};

export default en;
