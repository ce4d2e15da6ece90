/** Why a code is refused; `domain::onboarding::Refused` has the same names. */
export type Why =
	| 'TooLong'
	| 'OtherPurpose'
	| 'Control'
	| 'NotUtf8'
	| 'Version'
	| 'Misspelt'
	| 'Missing'
	| 'Twice'
	| 'Ssid'
	| 'Password'
	| 'Security'
	| 'Server'
	| 'Fingerprint'
	| 'Token'
	| 'Device';

/** A code that is not read. It never repeats what the code says. */
export class Refused extends Error {
	readonly why: Why;
	/** The field that is missing, or there twice. */
	readonly field: string | undefined;

	constructor(why: Why, field?: string) {
		super(field === undefined ? why : `${why}('${field}')`);
		this.name = 'Refused';
		this.why = why;
		this.field = field;
	}
}
