/** Reads the words and options of one command as it declares them. */
import { parseArgs } from 'node:util';
import { didYouMean } from '@tinyfat/core';
import { type Command, type Given, type Switch, UsageError, type Valued } from '../command.ts';

type OptionValue = boolean | string | string[] | undefined;

/** Throws a UsageError for what is missing, unknown or too much. `hasServer`: a server is named; its token implies the owner. */
export function readGiven(
  command: Command,
  args: readonly string[],
  hasServer: boolean,
): Given<string[], Record<string, OptionValue>> {
  const { tokens } = parseArgs({
    args: [...args],
    options: Object.fromEntries(
      Object.entries(command.options).map(([name, option]) => [
        name,
        { type: 'value' in option ? ('string' as const) : ('boolean' as const) },
      ]),
    ),
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const values = new Map<string, string[]>();
  const words: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value);
    if (token.kind !== 'option') continue;
    const option = Object.hasOwn(command.options, token.name) ? command.options[token.name] : undefined;
    if (option === undefined) throw new UsageError(unknownOption(command, token.rawName));
    const before = values.get(token.name);
    if (isValued(option)) {
      if (before !== undefined && option.many !== true) throw new UsageError(`--${token.name} stands twice`);
      values.set(token.name, [...(before ?? []), checkedValue(token.name, option, token.value)]);
    } else {
      if (token.value !== undefined) throw new UsageError(`--${token.name} takes no value`);
      values.set(token.name, []);
    }
  }
  checkWords(command, words);
  const options: Record<string, OptionValue> = {};
  for (const [name, option] of Object.entries(command.options)) {
    const given = values.get(name);
    if (!isValued(option)) options[name] = given !== undefined;
    else if (option.many) options[name] = given ?? [];
    else options[name] = given?.[0] ?? option.default;
    if (!isValued(option) || given !== undefined) continue;
    if (option.required === true || (option.required === 'here' && !hasServer))
      throw new UsageError(`--${name} ${option.value} is missing`);
  }
  return { words, options };
}

function checkedValue(name: string, option: Valued, value: string | undefined): string {
  if (value === undefined) throw new UsageError(`--${name} needs a value: --${name} ${option.value}`);
  checkChoice(`--${name}`, value, option.choices);
  return value;
}

function checkChoice(where: string, value: string, choices: readonly string[] | undefined): void {
  if (choices === undefined || choices.includes(value)) return;
  const near = didYouMean(value, choices);
  throw new UsageError(
    `${where}: write one of these: ${choices.join(', ')}${near === null ? '' : `; did you mean ${near}?`}`,
  );
}

function unknownOption(command: Command, written: string): string {
  const name = written.replace(/^-+/, '');
  const near = didYouMean(name, [...Object.keys(command.options), 'help']);
  return `there is no option ${JSON.stringify(written)}${near === null ? '' : `; did you mean --${near}?`}`;
}

function checkWords({ words: declared, choices, hidesWords }: Command, given: readonly string[]): void {
  const missing = declared[given.length];
  if (missing !== undefined && !missing.startsWith('[')) throw new UsageError(`${missing} is missing`);
  const [first] = given;
  if (first !== undefined && declared.length > 0) checkChoice(declared[0] ?? '', first, choices);
  const extra = given[declared.length];
  if (extra === undefined) return;
  if (hidesWords !== undefined) throw new UsageError(`there is a word too many. ${hidesWords}`);
  throw new UsageError(`there is a word too many: ${JSON.stringify(extra.slice(0, 60))}`);
}

function isValued(option: Switch | Valued): option is Valued {
  return 'value' in option;
}
