import type { PolicyVersion } from '$lib/api/privacy';

/**
 * The versions that came after the one a person agreed to, newest first. Where that one is not known, only the newest:
 * older differences are not news to anybody. The history comes newest first.
 */
export function changesSince(versions: readonly PolicyVersion[], agreed: string | undefined): PolicyVersion[] {
	const index = versions.findIndex(({ version }) => version === agreed);
	return versions.slice(0, index < 0 ? 1 : index);
}
