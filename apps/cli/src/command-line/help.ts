/** `tinyfat help [COMMAND] [SUBCOMMAND]` and `--help`: of everything, of a group, of a command; in lines of 80 columns. */
import { type Command, type Group, type Run, type Switch, UsageError, type Valued } from '../command.ts';
import { wrap } from '../output/text.ts';
import { find, isCommand, type Table } from './find.ts';
import { TABLE } from './table.ts';

const WIDTH = 80;

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

/** The forms of a command, whole and on a line each. */
export function usageOf(path: string, command: Command): string[] {
  if (command.forms) return command.forms.map((form) => `tinyfat ${path} ${form}`);
  const needed = Object.entries(command.options).filter(([, option]) => isNeeded(option));
  const others = Object.entries(command.options).filter(([, option]) => !isNeeded(option));
  const words = [
    ...command.words,
    ...needed.map(([name, option]) => optionText(name, option)),
    ...others.map(([name, option]) => `[${optionText(name, option)}]${isMany(option) ? '...' : ''}`),
  ];
  return [['tinyfat', path, ...words].join(' ')];
}

/** The whole command line, a line for each command. */
function helpOfAll(table: Table): string {
  const width = Math.max(...Object.keys(table).map((name) => name.length));
  const lines = Object.entries(table).flatMap(([name, entry]) => {
    const names = isCommand(entry) ? '' : ` (${Object.keys(entry.commands).join(', ')})`;
    return hanging(`  ${name.padEnd(width)}  `, `${entry.summary}${names}`);
  });
  return [
    'tinyfat: an e-mail address for every agent',
    '',
    ...lines,
    '',
    'tinyfat COMMAND --help says more about a command; tinyfat --version which one',
    'this is. Settings come from the environment: docs/environment.md.',
    '',
    "Most commands also ask another machine's server over its API: --server URL",
    '[--token-file FILE | --token TOKEN], or TINYFAT_SERVER and TINYFAT_TOKEN.',
  ].join('\n');
}

/** The commands of a group. */
function helpOfGroup(path: string, group: Group): string {
  const lines = Object.entries(group.commands).flatMap(([name, command]) => {
    const isMeant = group.otherwise === name ? ` (also: tinyfat ${path})` : '';
    return [
      ...usageOf(`${path} ${name}`, command).flatMap((usage) => hanging('  ', usage, '      ')),
      ...hanging('      ', command.summary + isMeant),
    ];
  });
  return [`tinyfat ${path}: ${group.summary}`, '', ...lines, '', `More: tinyfat ${path} COMMAND --help`].join(
    '\n',
  );
}

/** One command: its forms, its options, what is good to know, examples. */
function helpOfCommand(path: string, command: Command): string {
  const options = Object.entries(command.options).map(
    ([name, option]) => [optionText(name, option), option] as const,
  );
  const width = Math.max(0, ...options.map(([text]) => text.length));
  const many = (option: Switch | Valued) => (isMany(option) ? '; may stand more than once' : '');
  const notes = [
    ...(command.notes === undefined ? [] : [command.notes]),
    ...(command.here ? [] : ["It also asks another machine's server: --server URL (tinyfat help)."]),
  ];
  return [
    ...wrap(`tinyfat ${path}: ${command.summary}`, WIDTH),
    '',
    ...usageOf(path, command).flatMap((usage) => hanging('  ', usage, '      ')),
    ...(options.length === 0 ? [] : ['']),
    ...options.flatMap(([text, option]) => hanging(`  ${text.padEnd(width)}  `, option.text + many(option))),
    ...notes.flatMap((note) => ['', ...wrap(note, WIDTH)]),
    '',
    command.examples.length === 1 ? 'Example:' : 'Examples:',
    ...command.examples.map((example) => `  ${example}`),
  ].join('\n');
}

function optionText(name: string, option: Switch | Valued): string {
  return 'value' in option ? `--${name} ${option.value}` : `--${name}`;
}

function isNeeded(option: Switch | Valued): boolean {
  return 'value' in option && option.required !== undefined;
}

function isMany(option: Switch | Valued): boolean {
  return 'value' in option && option.many === true;
}

/** The text behind its beginning; further lines are indented as far, or as is said. */
function hanging(beginning: string, text: string, indent = ' '.repeat(beginning.length)): string[] {
  const [first = '', ...rest] = wrap(text, WIDTH - Math.max(beginning.length, indent.length));
  return [`${beginning}${first}`, ...rest.map((line) => `${indent}${line}`)];
}
