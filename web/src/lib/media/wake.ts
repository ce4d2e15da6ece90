/** Keeps the screen on while something is watched; a page that was hidden asks again when it is back. */
export function keepScreenOn(): () => void {
	let lock: WakeLockSentinel | undefined;
	let ended = false;
	const ask = async () => {
		if (ended || document.hidden || !('wakeLock' in navigator)) return;
		try {
			lock = await navigator.wakeLock.request('screen');
			if (ended) await lock.release();
		} catch {
			// Refused on low battery, or by policy: the screen dims as usual.
		}
	};
	document.addEventListener('visibilitychange', ask);
	void ask();
	return () => {
		ended = true;
		document.removeEventListener('visibilitychange', ask);
		void lock?.release();
	};
}
