/**
 * Builds the command line and the server of the sources into few files. Node runs the sources as they are as well, but
 * then looks for a thousand modules at each start: built, a server starts with half the processor time.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BundleReport, bundle } from '@tinyfat/step-mom/build/bundle';
import type { Metafile, Plugin } from 'esbuild';

/** Where built files lie in the folder: as deep in the checkout as the `src` of an app, so both find its root alike. */
const INSIDE = 'bin';
const CHECKOUT = fileURLToPath(new URL('../../../../', import.meta.url));

/** Files that Node is started with, or a thread of it, by the names that they have when built. */
const ENTRIES = {
  main: 'apps/cli/src/main.ts',
  'mail-thread-entry': 'packages/mail/src/node/threads/mail-thread-entry.ts',
  'folder-thread-entry': 'packages/storage/src/node/folder-size/folder-thread-entry.ts',
};

/**
 * Builds into `folder`, which is there and empty: `bin/main.js`, the entries of threads, and what they share. It needs
 * `dist/step-mom` and `dist/platform` beside it, and no node_modules. Rejects on any warning, and then leaves a part.
 */
export async function buildProgram(folder: string): Promise<BundleReport> {
  const { files, bytes, metafile } = await bundle({
    absWorkingDir: CHECKOUT,
    entryPoints: ENTRIES,
    outdir: resolve(folder, INSIDE),
    target: 'node22.19',
    // An optional part of `pg`, which is not installed and not used.
    external: ['pg-native'],
    plugins: [threadEntries],
  });
  refuseCommonJsOnDemand(metafile);
  return { files, bytes };
}

/** A package of CommonJS that `import()` loads has no named exports when built, where Node's own loader finds them. */
function refuseCommonJsOnDemand({ inputs, outputs }: Metafile): void {
  for (const { entryPoint = '' } of Object.values(outputs)) {
    if (inputs[entryPoint]?.format === 'cjs') {
      throw new Error(`${entryPoint} is CommonJS and loaded on demand: load a file of ours that imports it`);
    }
  }
}

/** What starts a thread names the source of its entry; built, the entry lies beside it under the same name. */
const threadEntries: Plugin = {
  name: 'thread-entries',
  setup({ onLoad }) {
    onLoad({ filter: /\/(?:apps|packages)\/[^/]+\/src\/.*\.ts$/ }, ({ path }) => {
      const contents = readFileSync(path, 'utf8').replace(
        /new URL\('\.\/([^']+)\.ts', import\.meta\.url\)/g,
        (_, name: string) => {
          if (!(name in ENTRIES))
            throw new Error(`${path} names ${name}.ts, which is no entry of the program`);
          return `new URL('./${name}.js', import.meta.url)`;
        },
      );
      return { contents, loader: 'ts' };
    });
  },
};
