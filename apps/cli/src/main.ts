/** `tinyfat …`: hands the words of the command line to their command, and its result to the shell. */

import { readFileSync } from 'node:fs';
import { errorCode } from '@tinyfat/core';
import { readConfig } from '@tinyfat/server/config';
import { runWords } from './command-line/run-words.ts';
import { explainToOperator } from './faults/explain-to-operator.ts';

function version(): string {
  const { version }: { version: string } = JSON.parse(
    readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
  );
  return `tinyfat ${version} (Node ${process.versions.node})`;
}

async function main(words: string[]): Promise<number> {
  if (words[0] === '--version' || words[0] === '-V') {
    console.log(version());
    return 0;
  }
  return await runWords(words, () => readConfig(process.env));
}

/** What broke, in words. */
function failed(error: unknown): number {
  for (const line of explainToOperator(error, process.argv.slice(2), process.env)) console.error(line);
  return 1;
}

// Modes are set where a file is made; folders of sandboxes must be readable whatever the caller's mask is.
process.umask(0o022);
// A server looks after what nothing caught itself (last-resort.ts).
process.on('uncaughtException', (error) => {
  if (process.listenerCount('uncaughtException') > 1) return;
  // Whoever read what is printed has gone, as head(1) does.
  if (errorCode(error) === 'EPIPE') process.exit(1);
  process.exit(failed(error));
});
process.exitCode = await main(process.argv.slice(2)).catch(failed);
