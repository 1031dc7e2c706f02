/** Whether the program takes the `tinyfat …` lines of the docs. */
import { takeServerOptions } from '../../apps/cli/src/client/choose-server.ts';
import { UsageError } from '../../apps/cli/src/command.ts';
import { find, isCommand } from '../../apps/cli/src/command-line/find.ts';
import { readGiven } from '../../apps/cli/src/command-line/read-given.ts';
import { TABLE } from '../../apps/cli/src/command-line/table.ts';

/** What is wrong with these words after `tinyfat`, or null. Nothing is run. */
export function wrongWith(words: readonly string[]): string | null {
  if (words.length === 0) return null;
  if (words.length === 1 && /^(?:--version|--help|-h)$/.test(words[0] ?? '')) return null;
  try {
    const taken = takeServerOptions(words);
    const found = find(TABLE, taken.words);
    if (found.kind === 'unknown') return `there is no command ${found.unknown}`;
    if (found.kind === 'group')
      return found.unknown === null
        ? `a command of ${found.path} is missing`
        : `${found.path} has no ${found.unknown}`;
    if (found.rest.includes('--help')) return null;
    readGiven(found.command, found.rest, true);
    return null;
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
}

/** The words that stand for something in the help, such as `NAME`. */
export function placeholders(): Set<string> {
  const commands = Object.values(TABLE).flatMap((entry) =>
    isCommand(entry) ? [entry] : Object.values(entry.commands),
  );
  const texts = commands.flatMap(({ words, forms, options }) => [
    ...words,
    ...(forms ?? []),
    ...Object.values(options).map((option) => ('value' in option ? option.value : '')),
  ]);
  return new Set(
    [...texts, 'ADDRESS', 'FILE', 'URL', 'TOKEN'].flatMap((text) => text.match(/[A-Z]+/g) ?? []),
  );
}

/** Whether the words are a command of a group, such as `outbox retry`. */
export function isInGroup(first: string, second: string): boolean {
  const entry = Object.hasOwn(TABLE, first) ? TABLE[first] : undefined;
  return entry !== undefined && 'commands' in entry && Object.hasOwn(entry.commands, second);
}

/**
 * The same of a mention in the text: `[NAME]` may be left out, of `add|remove` each must be there, and words or options
 * that a whole line would need may be missing. Gives what is wrong with one of them.
 */
export function wrongWithMention(mention: string): string | null {
  const words = mention
    .replace(/ (?:>|<|\|) .*$/, '')
    .replace(/(?:\.\.\.|…)/g, '')
    .trim()
    .split(/\s+/)
    .slice(1);
  // COMMAND stands for any of them.
  if (words[0] === 'COMMAND') return wrongWith(['help', ...words.slice(1)]);
  for (const chosen of alternatives(words)) {
    const wrong = [false, true].map((all) => wrongWith(withOptional(chosen, all)));
    const firstWrong = wrong.find((reason) => reason !== null && !reason.endsWith('is missing'));
    if (!wrong.some((reason) => reason === null || reason.endsWith('is missing'))) return firstWrong ?? null;
  }
  return null;
}

/** Each way to choose one of lower-case words with `|` between them. */
function alternatives(words: readonly string[]): string[][] {
  return words.reduce<string[][]>(
    (lines, word) => {
      const choices = /^[a-z-]+(?:\|[a-z-]+)+$/.test(word) ? word.split('|') : [word];
      return lines.flatMap((line) => choices.map((choice) => [...line, choice]));
    },
    [[]],
  );
}

/** With or without what stands in brackets. */
function withOptional(words: readonly string[], all: boolean): string[] {
  const line = words.join(' ');
  const chosen = all ? line.replace(/[[\]]/g, '') : line.replace(/\[[^\]]*\]/g, '');
  return chosen.split(/\s+/).filter((word) => word !== '');
}
