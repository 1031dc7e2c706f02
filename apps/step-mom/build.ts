/** `node apps/step-mom/build.ts FOLDER`: builds the program of the sandbox into a folder, for `bin/build`. */
import { buildBundle } from './src/build/build-bundle.ts';

const folder = process.argv[2];
if (folder === undefined) throw new Error('write: node apps/step-mom/build.ts FOLDER');
const { files, bytes } = await buildBundle(folder);
process.stdout.write(`step-mom: ${files} files, ${(bytes / 1_000_000).toFixed(1)} MB\n`);
