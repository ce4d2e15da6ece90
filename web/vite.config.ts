import { sveltekit } from '@sveltejs/kit/vite';
import tailwindcss from '@tailwindcss/vite';
import { defineConfig } from 'vitest/config';

/** Where `npm run dev` finds a running server. */
const server = process.env.ATIPCAM_URL ?? 'http://127.0.0.1:8480';

export default defineConfig({
	plugins: [tailwindcss(), sveltekit()],
	server: {
		proxy: {
			// `changeOrigin` would move Host away from Origin, and the server would take every change for a forgery.
			'/api': { target: server, ws: true }
		}
	},
	// The oldest browsers that know light-dark(), popovers and frame callbacks; older ones would need a second design.
	build: { target: ['chrome123', 'firefox132', 'safari17.5'] },
	test: {
		environment: 'node',
		include: ['src/**/*.test.ts', 'e2e/**/*.test.ts', 'verify/**/*.test.ts']
	}
});
