/** `tinyfat completion bash|zsh|fish`. */
import { completionScript } from '../command-line/completion.ts';
import { isShell } from '../command-line/shells.ts';
import type { Run } from '../command-line/spec.ts';
import { TABLE } from '../command-line/table.ts';

/** Prints the script that the shell reads. */
export const completion: Run<[string]> = async ({ words: [shell] }) => {
  if (!isShell(shell)) throw new Error(`no shell of the declared ones: ${shell}`);
  process.stdout.write(completionScript(shell, TABLE));
  return 0;
};
