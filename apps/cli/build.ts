/** `node apps/cli/build.ts FOLDER`: builds the program that `bin/tinyfat` runs into a folder, for `bin/build`. */
import { buildProgram } from './src/build/build-program.ts';

const folder = process.argv[2];
if (folder === undefined) throw new Error('write: node apps/cli/build.ts FOLDER');
const { files, bytes } = await buildProgram(folder);
process.stdout.write(`program: ${files} files, ${(bytes / 1_000_000).toFixed(1)} MB\n`);
