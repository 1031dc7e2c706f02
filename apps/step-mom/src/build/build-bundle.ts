import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ANTHROPIC_MODELS } from '@earendil-works/pi-ai/providers/anthropic.models';
import { build, type Metafile } from 'esbuild';
import { leanPi } from './lean-pi.ts';

/** Lets bundled CommonJS modules reach Node's own. */
const requireBanner =
  'import { createRequire as createRequireOfBundle } from "node:module"; const require = createRequireOfBundle(import.meta.url);';

/** Where the program's sources lie. */
const sources = join(dirname(fileURLToPath(import.meta.url)), '..');

/** What a build gave. */
interface BundleReport {
  files: number;
  bytes: number;
}

/**
 * Builds the program that runs inside the sandbox into `folder`, which is emptied first: `main.js` and its chunks, pi's
 * image worker, and `models.json`. The folder needs no node_modules. Rejects on any warning, and then leaves a part.
 */
export async function buildBundle(folder: string): Promise<BundleReport> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const piIndex = fileURLToPath(import.meta.resolve('@earendil-works/pi-coding-agent'));
  const result = await build({
    entryPoints: {
      main: join(sources, 'main.ts'),
      // pi starts this file beside its own chunk, by this name.
      'image-resize-worker': join(dirname(piIndex), 'utils', 'image-resize-worker.js'),
    },
    outdir: folder,
    entryNames: '[name]',
    chunkNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node22',
    // Names stay as they are: stack traces and class names keep their meaning.
    minifySyntax: true,
    minifyWhitespace: true,
    // A stack trace quotes the whole line that it is about.
    lineLimit: 200,
    legalComments: 'none',
    metafile: true,
    banner: { js: requireBanner },
    plugins: [leanPi],
    logLevel: 'silent',
  });
  if (result.warnings.length > 0) {
    throw new Error(`esbuild warns: ${result.warnings.map(({ text }) => text).join('; ')}`);
  }
  copyPhoton(piIndex, folder);
  writePackage(piIndex, folder);
  writeFileSync(join(folder, 'models.json'), `${JSON.stringify(listModels(), null, 2)}\n`);
  return summarise(result.metafile);
}

/** The image library is CommonJS and reads its WebAssembly from its own folder. */
function copyPhoton(piIndex: string, folder: string): void {
  const photon = dirname(createRequire(piIndex).resolve('@silvia-odwyer/photon-node'));
  copyFileSync(join(photon, 'photon_rs.js'), join(folder, 'photon_rs.cjs'));
  copyFileSync(join(photon, 'photon_rs_bg.wasm'), join(folder, 'photon_rs_bg.wasm'));
}

/** pi reads its name and version from the package.json above its code; Node reads there that `.js` is ESM. */
function writePackage(piIndex: string, folder: string): void {
  const { name, version, piConfig } = JSON.parse(
    readFileSync(join(dirname(piIndex), '..', 'package.json'), 'utf8'),
  );
  const described = { name, version, private: true, type: 'module', piConfig };
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(described, null, 2)}\n`);
}

/** pi's Anthropic models by id, with their prices. Which of them an alias means is core's rule. */
function listModels() {
  return Object.values(ANTHROPIC_MODELS)
    .map(({ id, name, contextWindow, cost }) => ({ id, name, contextWindow, cost }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

function summarise({ outputs }: Metafile): BundleReport {
  const files = Object.values(outputs);
  return { files: files.length, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) };
}
