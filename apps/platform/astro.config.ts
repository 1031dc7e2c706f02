/** The pages, built once for Node and for Workers: whoever serves them gives the backend with each request. */
import { defineConfig } from 'astro/config';
import { renderOnly } from './src/adapter/integration.ts';

export default defineConfig({
  output: 'server',
  adapter: renderOnly(),
  // bin/build names another folder, and puts it in this one's place.
  outDir: '../../dist/platform',
  // What a build makes for itself lies below the root: nothing of it may come between the sources.
  root: '../../.runtime/astro',
  cacheDir: '../../.runtime/astro/cache',
  // Accounts keep their own sessions, and the middleware checks origins against PUBLIC_URL: behind a proxy the Host
  // header says nothing.
  session: false,
  security: { checkOrigin: false },
  // A policy without 'unsafe-inline' allows no style inside the page.
  build: { inlineStylesheets: 'never' },
  // One bundle with only what is used: half the time to start, and less memory.
  vite: {
    ssr: { noExternal: true },
    build: {
      // Scripts are files, however small, for the same policy.
      assetsInlineLimit: 0,
      // Browsers that know light-dark() and popovers.
      cssTarget: ['chrome125', 'firefox128', 'safari17.5'],
    },
  },
  image: { service: { entrypoint: 'astro/assets/services/noop' } },
});
