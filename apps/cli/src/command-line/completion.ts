/** `tinyfat completion SHELL`: a script made of the declarations, so that no process is started while somebody types. */
import { quoted } from '@tinyfat/core';
import type { Command, Run, Switch, Valued } from '../command.ts';
import { isCommand, type Table } from './find.ts';
import { SHELLS, type Shell } from './server.ts';
import { TABLE } from './table.ts';

/** Words, each with what it is for. */
type Offers = readonly (readonly [word: string, text: string])[];

/** What may follow the words of `path`; `''` is the beginning. */
interface Place {
  path: string;
  offers: Offers;
  options: readonly (readonly [name: string, option: Switch | Valued])[];
}

/** Options of every command that works over `--server`. */
const SERVER_OPTIONS: Place['options'] = [
  ['server', { value: 'URL', text: "another machine's server" }],
  ['token-file', { value: 'FILE', text: 'the file with the token for it' }],
];
const HELP: Place['options'][number] = ['help', { text: 'what this command does' }];

/** Prints the script for a shell. */
export const completion: Run<[string]> = async ({ words: [word] }) => {
  const shell = SHELLS.find((known) => known === word);
  if (shell === undefined) throw new Error(`no shell of the declared ones: ${word}`);
  process.stdout.write(completionScript(shell, TABLE));
  return 0;
};

/** The script that the shell reads. */
export function completionScript(shell: Shell, table: Table): string {
  const places = placesOf(table);
  const script = { bash, zsh, fish }[shell](places);
  return `${script.join('\n')}\n`;
}

function placesOf(table: Table): Place[] {
  const entries = Object.entries(table);
  const names: Offers = entries.map(([name, { summary }]) => [name, summary]);
  return [
    { path: '', offers: names, options: [HELP, ['version', { text: 'which tinyfat this is' }]] },
    ...entries.flatMap(([name, entry]): Place[] => {
      if (isCommand(entry))
        return [{ path: name, offers: name === 'help' ? names : wordsOf(entry), options: optionsOf(entry) }];
      const { commands, otherwise } = entry;
      const meant = otherwise === undefined ? undefined : commands[otherwise];
      return [
        {
          path: name,
          offers: Object.entries(commands).map(([second, { summary }]) => [second, summary]),
          options: meant === undefined ? [HELP] : optionsOf(meant),
        },
        ...Object.entries(commands).map(([second, command]): Place => {
          return { path: `${name} ${second}`, offers: wordsOf(command), options: optionsOf(command) };
        }),
      ];
    }),
  ];
}

function wordsOf(command: Command): Offers {
  return (command.choices ?? []).map((choice) => [choice, '']);
}

function optionsOf(command: Command): Place['options'] {
  return [...Object.entries(command.options), ...(command.here ? [] : SERVER_OPTIONS), HELP];
}

/** Options by what their value is: a file, or one of a few words. */
function valuesOf(places: readonly Place[]): { files: string[]; choices: Map<string, readonly string[]> } {
  const files = new Set<string>();
  const choices = new Map<string, readonly string[]>();
  for (const [name, option] of places.flatMap(({ options }) => options)) {
    if (!('value' in option)) continue;
    if (option.value === 'FILE') files.add(`--${name}`);
    if (option.choices) choices.set(`--${name}`, option.choices);
  }
  return { files: [...files], choices };
}

function candidates({ offers, options }: Place): string[] {
  return [...offers.map(([word]) => word), ...options.map(([name]) => `--${name}`)];
}

/** The branches that bash and zsh share: what to offer behind an option, and at a place. */
function branches(
  places: readonly Place[],
  files: string,
  words: (list: readonly string[]) => string,
): string[] {
  const values = valuesOf(places);
  return [
    '  case "$before" in',
    `    ${values.files.join('|')}) ${files}; return ;;`,
    ...[...values.choices].map(([name, list]) => `    ${name}) ${words(list)}; return ;;`),
    '  esac',
    '  case "$place" in',
    ...places.map((place) => `    ${quoted(place.path)}) ${words(candidates(place))} ;;`),
    '  esac',
  ];
}

/** Shortens the place until it is one that there is: `runs scout` is `runs`. */
function shorten(places: readonly Place[]): string[] {
  const pairs = places.filter(({ path }) => path.includes(' ')).map(({ path }) => quoted(path));
  return [
    '  case "$first $second" in',
    `    ${pairs.join('|')}) place="$first $second" ;;`,
    '    *) place="$first" ;;',
    '  esac',
  ];
}

function bash(places: readonly Place[]): string[] {
  return [
    '# Completion of tinyfat for bash.',
    '_tinyfat() {',
    `  local typed="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" first="" second="" place=""`,
    `  [ "$COMP_CWORD" -gt 1 ] && first="\${COMP_WORDS[1]}"`,
    `  [ "$COMP_CWORD" -gt 2 ] && second="\${COMP_WORDS[2]}"`,
    '  COMPREPLY=()',
    ...shorten(places),
    ...branches(
      places,
      'COMPREPLY=($(compgen -f -- "$typed"))',
      (list) => `COMPREPLY=($(compgen -W ${quoted(list.join(' '))} -- "$typed"))`,
    ),
    '}',
    'complete -F _tinyfat tinyfat',
  ];
}

function zsh(places: readonly Place[]): string[] {
  return [
    '#compdef tinyfat',
    '# Completion of tinyfat for zsh.',
    '_tinyfat() {',
    `  local before="\${words[CURRENT-1]}" first="" second="" place=""`,
    `  (( CURRENT > 2 )) && first="\${words[2]}"`,
    `  (( CURRENT > 3 )) && second="\${words[3]}"`,
    ...shorten(places),
    ...branches(places, '_files', (list) => `compadd -- ${list.map(quoted).join(' ')}`),
    '}',
    'compdef _tinyfat tinyfat',
  ];
}

function fish(places: readonly Place[]): string[] {
  const groups = places.filter(({ path, offers }) => path !== '' && !path.includes(' ') && offers.length > 0);
  return [
    '# Completion of tinyfat for fish.',
    'complete -c tinyfat -f',
    ...places.flatMap(({ path, offers, options }) => {
      const condition = fishCondition(path, groups);
      return [
        ...offers.map(
          ([word, text]) => `complete -c tinyfat -n ${condition} -a ${quoted(word)} -d ${quoted(text)}`,
        ),
        ...options.map(([name, option]) => {
          const value = 'value' in option ? (option.value === 'FILE' ? ' -rF' : ' -x') : '';
          const choices =
            'value' in option && option.choices ? ` -a ${quoted(option.choices.join(' '))}` : '';
          return `complete -c tinyfat -n ${condition} -l ${name}${value}${choices} -d ${quoted(option.text)}`;
        }),
      ];
    }),
  ];
}

function fishCondition(path: string, groups: readonly Place[]): string {
  const [first, second] = path.split(' ');
  if (path === '') return quoted('__fish_use_subcommand');
  const seen = `__fish_seen_subcommand_from ${first}`;
  if (second !== undefined) return quoted(`${seen}; and __fish_seen_subcommand_from ${second}`);
  const group = groups.find((one) => one.path === first);
  if (group === undefined) return quoted(seen);
  return quoted(
    `${seen}; and not __fish_seen_subcommand_from ${group.offers.map(([word]) => word).join(' ')}`,
  );
}
