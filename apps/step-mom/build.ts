/** `node apps/step-mom/build.ts`: builds the program of the sandbox into `dist/step-mom/`. */
import { join } from 'node:path';
import { buildBundle } from './src/build/build-bundle.ts';

const folder = join(import.meta.dirname, '..', '..', 'dist', 'step-mom');
const { files, bytes } = await buildBundle(folder);
process.stdout.write(`step-mom: ${files} files, ${(bytes / 1_000_000).toFixed(1)} MB in dist/step-mom\n`);
