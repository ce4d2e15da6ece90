// Runs before the first paint, so that a chosen theme or language never flashes the other one.
try {
	const theme = localStorage.getItem('theme');
	if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
	const language = localStorage.getItem('language') || navigator.language;
	document.documentElement.lang = language.startsWith('zh') ? 'zh-CN' : 'en';
} catch {
	// Storage may be closed to us; the system's theme and the default language stand.
}
