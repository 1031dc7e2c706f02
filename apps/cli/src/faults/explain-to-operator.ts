/** The last word of a command line that broke: which command, which folder, which secrets are not to be shown. */
import { resolve } from 'node:path';
import { programPaths } from '@tinyfat/server/program';
import { reportFault } from './report-fault.ts';
import { secretsOf } from './secrets.ts';

/** Names of commands hold nothing else; what follows them can be secret. */
const COMMAND_WORD = /^[a-z][a-z-]{0,20}$/;

/** The lines for standard error. Never throws. */
export function explainToOperator(
  error: unknown,
  words: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): string[] {
  const [first = ''] = words;
  const command = COMMAND_WORD.test(first) ? ` ${first}` : '';
  const what = first === 'start' ? 'tinyfat did not start' : `tinyfat${command}`;
  try {
    return reportFault(error, {
      what,
      dataDir: resolve(environment.DATA_DIR || './data'),
      builtFolder: programPaths.built,
      secrets: [...secretsOf(environment), ...secretWords(words)],
    });
  } catch {
    return [`${what}: something went wrong that should not, and can not be told.`];
  }
}

/** Of options that hold one. */
function secretWords(words: readonly string[]): string[] {
  return words.flatMap((word, at) => {
    if (word === '--token') return [words[at + 1] ?? ''];
    return word.startsWith('--token=') ? [word.slice('--token='.length)] : [];
  });
}
