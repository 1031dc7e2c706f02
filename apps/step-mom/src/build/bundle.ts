/** How programs of this checkout are bundled for Node: few files, with all packages in them. */
import { type BuildOptions, build, type Metafile } from 'esbuild';

/** Lets bundled CommonJS modules reach Node's own. */
const requireBanner =
  'import { createRequire as createRequireOfBundle } from "node:module"; const require = createRequireOfBundle(import.meta.url);';

/** What a build gave. */
export interface BundleReport {
  files: number;
  bytes: number;
}

/** Bundles with these options beside the common ones; entries keep their names. Rejects on any warning, and then leaves a part. */
export async function bundle(options: BuildOptions): Promise<BundleReport & { metafile: Metafile }> {
  const { warnings, metafile } = await build({
    entryNames: '[name]',
    chunkNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    legalComments: 'none',
    banner: { js: requireBanner },
    logLevel: 'silent',
    ...options,
    metafile: true,
  });
  if (warnings.length > 0) {
    throw new Error(`esbuild warns: ${warnings.map(({ text }) => text).join('; ')}`);
  }
  const files = Object.values(metafile.outputs);
  return { files: files.length, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0), metafile };
}
