/** Astro's adapter: the pages are built as one function from a request to its answer, for any runtime. */
import type { AstroIntegration } from 'astro';

/** Makes the entry of the build `render.ts`, which `node/http-server.ts` and the Worker load. */
export function renderOnly(): AstroIntegration {
  return {
    name: 'tinyfat-render-only',
    hooks: {
      'astro:config:done': ({ setAdapter }) =>
        setAdapter({
          name: 'tinyfat-render-only',
          entrypointResolution: 'auto',
          serverEntrypoint: new URL('./render.ts', import.meta.url),
          adapterFeatures: { buildOutput: 'server', middlewareMode: 'classic' },
          supportedAstroFeatures: { serverOutput: 'stable' },
        }),
    },
  };
}
