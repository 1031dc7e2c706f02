/** From the words of a command line to its command and exit code. */
import type { Config, ReadConfig } from '@tinyfat/server/config';
import { chooseServer, takeServerOptions } from '../client/choose-server.ts';
import { onThisMachine } from '../client/open-api.ts';
import { UsageError } from '../command.ts';
import { printable } from '../output/text.ts';
import { type Found, find } from './find.ts';
import { helpOf, unknownText, usageOf } from './help.ts';
import { readGiven } from './read-given.ts';
import { TABLE } from './table.ts';

/** 0: done, 1: failed, 2: the words or the settings can't be used. */
export type ExitCode = number;

/** Runs a command line. Throws only what the command throws. `settings` reads the environment once a command is found. */
export async function runWords(words: readonly string[], settings: () => ReadConfig): Promise<ExitCode> {
  const wantsHelp = beforeDashes(words).some((word) => word === '--help' || word === '-h');
  try {
    const taken = takeServerOptions(words);
    if (wantsHelp || taken.words.length === 0) {
      console.log(helpOf(taken.words.filter((word) => !word.startsWith('-'))));
      return wantsHelp ? 0 : 2;
    }
    const found = find(TABLE, taken.words);
    if (found.kind === 'unknown')
      return wrongWords('', unknownText(found.unknown, found.near), [], 'tinyfat help');
    if (found.kind === 'group') return wrongInGroup(found);
    const { path, command, rest } = found;
    try {
      const read = settings();
      // Words are checked even where the settings are wrong.
      const given = readGiven(
        command,
        rest,
        taken.options.server !== undefined || (read.ok && read.config.client.server !== null),
      );
      if (!read.ok) {
        for (const problem of read.problems) console.error(`tinyfat: ${problem}`);
        return 2;
      }
      const config: Config = {
        ...read.config,
        client: await chooseServer(taken.options, read.config.client),
      };
      if (command.here) onThisMachine(config, path);
      return await (await command.load())(given, config);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      return wrongWords(path, error.message, usageOf(path, command), `tinyfat ${path} --help`);
    }
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return wrongWords('', error.message, [], 'tinyfat help');
  }
}

function wrongInGroup({ path, group, unknown, near }: Extract<Found, { kind: 'group' }>): ExitCode {
  const choice = `One of: ${Object.keys(group.commands).join(', ')}`;
  const more = `tinyfat ${path} --help`;
  const mayBeSecret = Object.values(group.commands).some(({ hidesWords }) => hidesWords !== undefined);
  if (unknown === null) return wrongWords(path, 'the name of a command is missing', [choice], more);
  if (mayBeSecret && near === null) return wrongWords(path, 'there is no such command', [choice], more);
  return wrongWords('', unknownText(`${path} ${unknown}`, near), [choice], more);
}

/** What is wrong, what to write, and where more stands: three lines where there is one form of the command. */
function wrongWords(path: string, what: string, usage: readonly string[], more: string): ExitCode {
  console.error(printable(`tinyfat${path === '' ? '' : ` ${path}`}: ${what}`));
  for (const line of usage) console.error(`  ${line}`);
  console.error(`  More: ${more}`);
  return 2;
}

function beforeDashes(words: readonly string[]): readonly string[] {
  const at = words.indexOf('--');
  return at === -1 ? words : words.slice(0, at);
}
