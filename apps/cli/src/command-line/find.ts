/** Finds the command that words begin with. */
import { didYouMean } from '@tinyfat/core';
import type { Command, Group } from '../command.ts';

/** Commands and groups by their first word. */
export type Table = Readonly<Record<string, Command | Group>>;

/** A command with its full name and remaining words, a group without a command's name, or nothing known. */
export type Found =
  | { kind: 'command'; path: string; command: Command; rest: string[] }
  | { kind: 'group'; path: string; group: Group; unknown: string | null; near: string | null }
  | { kind: 'unknown'; unknown: string; near: string | null };

/** Whether the entry is a command of its own. */
export function isCommand(entry: Command | Group): entry is Command {
  return 'load' in entry;
}

/** Looks at the first word, and at the second where the first is a group's. */
export function find(table: Table, words: readonly string[]): Found {
  const [first = '', second, ...rest] = words;
  const entry = Object.hasOwn(table, first) ? table[first] : undefined;
  if (entry === undefined)
    return { kind: 'unknown', unknown: first, near: didYouMean(first, Object.keys(table)) };
  if (isCommand(entry)) return { kind: 'command', path: first, command: entry, rest: words.slice(1) };
  const named = second !== undefined && Object.hasOwn(entry.commands, second) ? second : undefined;
  const name = named ?? entry.otherwise;
  const command = name === undefined ? undefined : entry.commands[name];
  if (name !== undefined && command !== undefined)
    return { kind: 'command', path: `${first} ${name}`, command, rest: named ? rest : words.slice(1) };
  const isName = second !== undefined && !second.startsWith('-');
  const near = isName ? nearIn(first, second, entry) : null;
  return { kind: 'group', path: first, group: entry, unknown: isName ? second : null, near };
}

function nearIn(first: string, second: string, group: Group): string | null {
  const near = didYouMean(second, Object.keys(group.commands));
  return near === null ? null : `${first} ${near}`;
}
