/** Explains an error that ended a command: names the command and the folder, and hides secrets. */
import { resolve } from 'node:path';
import { programPaths } from '@tinyfat/server/program';
import { reportFault } from './report-fault.ts';

/** Matches names of commands; the words after them can be secret. */
const COMMAND_WORD = /^[a-z][a-z-]{0,20}$/;

/** Names of variables whose values are secret. */
const SECRET_NAME = /KEY|SECRET|TOKEN|AUTH|PASS/;

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
    return [`${what}: something went wrong that should not, and could not be described.`];
  }
}

/** Values of options that hold a secret, and passwords in URLs. */
function secretWords(words: readonly string[]): string[] {
  return words.flatMap((word, at) => {
    const { password } = URL.canParse(word) ? new URL(word) : { password: '' };
    if (password !== '') return [password, decoded(password)];
    if (word === '--token') return [words[at + 1] ?? ''];
    return word.startsWith('--token=') ? [word.slice('--token='.length)] : [];
  });
}

/** The secrets of an environment: values whose variable says so, whole and in the parts of a list, and the logins in URLs. */
export function secretsOf(environment: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(environment).flatMap(([name, value = '']) => {
    const login = URL.canParse(value) ? new URL(value).password : '';
    // A list or a pair reads like a URL, too.
    const parts = SECRET_NAME.test(name) ? [value, ...value.split(/[,:]/)] : [];
    return [login, decoded(login), ...parts];
  });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
