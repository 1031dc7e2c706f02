/** `tinyfat help [COMMAND] [SUBCOMMAND]`. */
import { find } from '../command-line/find.ts';
import { helpOfAll, helpOfCommand, helpOfGroup } from '../command-line/help.ts';
import { type Run, UsageError } from '../command-line/spec.ts';
import { TABLE } from '../command-line/table.ts';

/** Prints the help of what is named. */
export const help: Run<[string | undefined, string | undefined]> = async ({ words }) => {
  const named = words.filter((word) => word !== undefined);
  console.log(helpOf(named));
  return 0;
};

/** The help of the command that the words begin with, else of its group, else of everything. Throws a UsageError for unknown ones. */
export function helpOf(words: readonly string[]): string {
  const [first, second] = words;
  if (first === undefined) return helpOfAll(TABLE);
  const found = find(TABLE, words);
  if (found.kind === 'unknown') throw new UsageError(unknownText(found.unknown, found.near));
  if (found.kind === 'command') {
    // `mails --help` is about all commands of mails, not only about the one that is meant without a name.
    const entry = TABLE[first];
    const isNamed = second !== undefined && found.path === `${first} ${second}`;
    if (entry !== undefined && 'commands' in entry && !isNamed) return helpOfGroup(first, entry);
    return helpOfCommand(found.path, found.command);
  }
  return helpOfGroup(found.path, found.group);
}

/** That there is no such command, and which one may be meant. */
export function unknownText(unknown: string, near: string | null): string {
  const what = `there is no command ${JSON.stringify(unknown.slice(0, 60))}`;
  return near === null ? what : `${what}; did you mean: tinyfat ${near}`;
}
