/** The platform as it is, with more pages: `/broken/[id]` and `/gone/[id]`. OUT_DIR says where it is built. */
import { join } from 'node:path';
import type { AstroUserConfig } from 'astro';
import platform from '../../apps/platform/astro.config.ts';

const pages = { '/broken/[id]': 'broken.astro', '/gone/[id]': 'gone.astro' };
const outDir = process.env.OUT_DIR ?? '';

export default {
  ...platform,
  outDir,
  // Astro finds the scripts of components only where their files and the root have a folder in common.
  root: '../../.runtime/astro-broken-page',
  cacheDir: join(outDir, 'cache'),
  integrations: [
    {
      name: 'broken-page',
      hooks: {
        'astro:config:setup': ({ injectRoute }) => {
          for (const [pattern, file] of Object.entries(pages)) {
            injectRoute({ pattern, entrypoint: join(import.meta.dirname, file) });
          }
        },
      },
    },
  ],
} satisfies AstroUserConfig;
