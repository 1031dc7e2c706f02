/** `tinyfat …`: hands the words of the command line to their command, and its result to the shell. */
import { readFileSync } from 'node:fs';
import { runWords } from './command-line/run-words.ts';
import { readConfig } from './config.ts';

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

// Modes are set where a file is made; folders of sandboxes must be readable whatever the caller's mask is.
process.umask(0o022);
process.exitCode = await main(process.argv.slice(2)).catch((error) => {
  console.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return 1;
});
