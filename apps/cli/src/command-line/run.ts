/** One whole command line: its words and its environment in, its exit code out. */
import { readConfig } from '@tinyfat/server/config';
import { programVersion } from '@tinyfat/server/program';
import { explainToOperator } from '../faults/explain-to-operator.ts';
import { type ExitCode, runWords } from './run-words.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Runs it. Never rejects: what breaks is explained on standard error. */
export async function runCommandLine(words: readonly string[], environment: Environment): Promise<ExitCode> {
  try {
    if (words[0] === '--version' || words[0] === '-V') {
      console.log(version());
      return 0;
    }
    return await runWords(words, () => readConfig(environment));
  } catch (error) {
    return explainFault(error, words, environment);
  }
}

/** Writes what broke to standard error, in words; gives the exit code. */
export function explainFault(error: unknown, words: readonly string[], environment: Environment): ExitCode {
  for (const line of explainToOperator(error, words, environment)) console.error(line);
  return 1;
}

function version(): string {
  return `tinyfat ${programVersion()} (Node ${process.versions.node})`;
}
