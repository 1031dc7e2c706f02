/** `tinyfat backup FILE`: everything in one archive, beside a running server or without one. */
import { FileExistsError, writeNewFile } from '@tinyfat/server/backup/archive-file';
import { writeKeysFile } from '@tinyfat/server/backup/keys-file';
import type { Manifest } from '@tinyfat/server/backup/manifest';
import { scratchForBackup } from '@tinyfat/server/backup/scratch';
import { readServerKeys } from '@tinyfat/server/backup/server-keys';
import { type BackupNews, writeBackup } from '@tinyfat/server/backup/write-backup';
import type { Config } from '@tinyfat/server/config';
import { configuredDatabase, type DataFolder } from '@tinyfat/server/data-folder';
import { programVersion } from '@tinyfat/server/program';
import { withData } from '../client/open-api.ts';
import { type Run, UsageError } from '../command.ts';
import { progress } from '../output/progress.ts';
import { standardOutput } from '../output/standard-output.ts';
import { printable } from '../output/text.ts';

interface BackupOptions {
  'with-keys': string | undefined;
  wait: string;
}

/** Names of what was left out that are printed. */
const MAX_NAMES = 10;

/** Writes it, and says on standard error what is in it; exit code 1 where there is none. */
export const backup: Run<[string], BackupOptions> = async ({ words: [file], options }, config) => {
  const seconds = Number(options.wait);
  if (!(seconds >= 0)) throw new UsageError('--wait wants a number of seconds');
  if (file === '-' && process.stdout.isTTY) throw new UsageError('an archive is nothing for a terminal');
  try {
    return await withData(config, async (data) => {
      const keysFile = options['with-keys'];
      if (keysFile !== undefined && !(await writeKeys(config, data, keysFile))) return 1;
      const leftOut: string[] = [];
      const manifest = await write(config, data, { file, waitMs: seconds * 1000, leftOut });
      for (const line of story(manifest, leftOut)) console.error(printable(line));
      if (file !== '-') console.log(printable(`${file} is there.`));
      if (keysFile !== undefined) console.log(printable(`${keysFile} has the keys; keep it elsewhere.`));
      else console.error('It has no keys in it. Write them into a file of their own with --with-keys FILE.');
      return 0;
    });
  } catch (error) {
    if (!(error instanceof FileExistsError)) throw error;
    console.error(printable(`tinyfat: ${error.message}`));
    return 1;
  }
};

async function write(
  config: Config,
  data: DataFolder,
  { file, waitMs, leftOut }: { file: string; waitMs: number; leftOut: string[] },
): Promise<Manifest> {
  const shown = progress(process.stderr);
  const deps = {
    ...data,
    database: configuredDatabase(config),
    scratch: scratchForBackup(config.dataDir),
    clock: Date.now,
    version: programVersion(),
    waitMs,
    onProgress: (news: BackupNews) => shown.show(lineOf(news)),
    onLeftOut: (path: string, why: string) => void leftOut.push(`${path}: ${why}`),
  };
  try {
    if (file === '-') return await writeBackup(deps, standardOutput);
    return await writeNewFile(file, (sink) => writeBackup(deps, sink));
  } finally {
    shown.end();
  }
}

async function writeKeys(config: Config, data: DataFolder, file: string): Promise<boolean> {
  const read = await readServerKeys(config, data);
  if (read.ok) await writeKeysFile(file, read.keys);
  else console.error(printable(`tinyfat: the keys can not be read: ${read.reason}`));
  return read.ok;
}

function lineOf(news: BackupNews): string {
  switch (news.step) {
    case 'database':
      return `database: ${news.bytes} bytes`;
    case 'raw_mail':
      return `raw mail: ${news.done}`;
    case 'waiting':
      return `waiting for turns to end: ${news.agents}`;
    case 'agents':
      return `agents: ${news.done} of ${news.total}`;
  }
}

function story({ raw_mail: mail, agents }: Manifest, leftOut: readonly string[]): string[] {
  const bytes = agents.reduce((sum, agent) => sum + agent.bytes, 0);
  const busy = agents.filter((agent) => agent.during_turn);
  return [
    `The database, ${mail.files} raw mails (${mail.bytes} bytes), ${agents.length} agents' folders (${bytes} bytes).`,
    ...(busy.length === 0
      ? []
      : [`A turn was under way in ${busy.length} of the folders: their files may be of different moments.`]),
    ...(leftOut.length === 0 ? [] : [`Left out: ${leftOut.length}.`]),
    ...leftOut.slice(0, MAX_NAMES).map((line) => `  ${line}`),
  ];
}
