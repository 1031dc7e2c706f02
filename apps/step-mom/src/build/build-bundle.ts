import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ANTHROPIC_MODELS } from '@earendil-works/pi-ai/providers/anthropic.models';
import { type BundleReport, bundle } from './bundle.ts';
import { leanPi } from './lean-pi.ts';

/** Where the program's sources lie. */
const sources = join(dirname(fileURLToPath(import.meta.url)), '..');

/**
 * Builds the program that runs inside the sandbox into `folder`, which is emptied first: `main.js` and its chunks, pi's
 * image worker, and `models.json`. The folder needs no node_modules. Rejects on any warning, and then leaves a part.
 */
export async function buildBundle(folder: string): Promise<BundleReport> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const piIndex = fileURLToPath(import.meta.resolve('@earendil-works/pi-coding-agent'));
  const { files, bytes } = await bundle({
    entryPoints: {
      main: join(sources, 'main.ts'),
      // pi starts this file beside its own chunk, by this name.
      'image-resize-worker': join(dirname(piIndex), 'utils', 'image-resize-worker.js'),
    },
    outdir: folder,
    target: 'node22',
    // Names stay as they are: stack traces and class names keep their meaning.
    minifySyntax: true,
    minifyWhitespace: true,
    // A stack trace quotes the whole line that it is about.
    lineLimit: 200,
    plugins: [leanPi],
  });
  copyPhoton(piIndex, folder);
  writePackage(piIndex, folder);
  writeFileSync(join(folder, 'models.json'), `${JSON.stringify(listModels(), null, 2)}\n`);
  return { files, bytes };
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
