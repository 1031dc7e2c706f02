/** `tinyfat restore FILE`: a server out of its backup. */
import { existsSync } from 'node:fs';
import { masterKeyIdOf } from '@tinyfat/core';
import { listProviderKeys } from '@tinyfat/database';
import { readFileInPieces } from '@tinyfat/server/backup/archive-file';
import { readKeysFile, type ServerKeys } from '@tinyfat/server/backup/keys-file';
import { type Restored, type RestoreNews, restoreBackup } from '@tinyfat/server/backup/restore';
import type { Config } from '@tinyfat/server/config';
import { masterKeysOf } from '@tinyfat/server/data-folder';
import { withData } from '../client/open-api.ts';
import { type Run, UsageError } from '../command.ts';
import { progress } from '../output/progress.ts';
import { printable } from '../output/text.ts';

/** Deliveries that are printed; all are in `tinyfat outbox list`. */
const MAX_HELD = 50;

/** Restores, and says what the operator must know of it; exit code 1 where nothing is restored. */
export const restore: Run<[string], { keys: string | undefined }> = async (
  { words: [file], options },
  config,
) => {
  if (file === '-' ? process.stdin.isTTY : !existsSync(file)) {
    throw new UsageError(file === '-' ? 'there is no archive on standard input' : `there is no file ${file}`);
  }
  const keys = options.keys === undefined ? null : await keysOf(options.keys);
  const shown = progress(process.stderr);
  const restored = await restoreBackup({
    settings: config,
    source: () => (file === '-' ? process.stdin : readFileInPieces(file)),
    keys,
    onProgress: (news) => shown.show(lineOf(news), news.step === 'begun_anew'),
  }).finally(() => shown.end());
  if (!restored.ok) {
    console.error(printable(`tinyfat: ${restored.reason}`));
    return 1;
  }
  for (const line of story(restored)) console.log(printable(line));
  await sayWhichKeysOpen(config);
  console.log('Start the server: tinyfat start');
  return 0;
};

async function keysOf(file: string): Promise<ServerKeys> {
  if (!existsSync(file)) throw new UsageError(`--keys: there is no file ${file}`);
  const read = await readKeysFile(file);
  if (!read.ok) throw new UsageError(`--keys: ${read.reason}`);
  return read.keys;
}

function lineOf(news: RestoreNews): string {
  switch (news.step) {
    case 'begun_anew':
      return 'A restore into this folder was cut off; beginning anew.';
    case 'files':
      return `raw mail: ${news.messages}, agents: ${news.agents}`;
    case 'rows':
      return `${news.table}: ${news.done} of ${news.total}`;
  }
}

function story({ about, manifest, held }: Extract<Restored, { ok: true }>): string[] {
  const { raw_mail: mail, agents } = manifest;
  const busy = agents.filter((agent) => agent.during_turn).length;
  return [
    `Restored as of ${about.made_at}: ${agents.length} agents, ${mail.files} raw mails.`,
    ...(busy > 0 ? [`A turn was under way in ${busy} of the folders when they were copied.`] : []),
    ...(mail.missing > 0 ? [`${mail.missing} messages were not there when the backup was made.`] : []),
    'Mail that waited for its turn then gets it, also where it was answered since.',
    ...(held.length === 0
      ? []
      : [
          `${held.length} mails waited to be sent. They may have been sent since, so they are not sent by themselves.`,
          'Ask whether they arrived; only where one did not, send it:',
          ...held
            .slice(0, MAX_HELD)
            .map(
              ({ id, recipients, subject }) =>
                `  tinyfat outbox retry ${id}   ${recipients} ${subject.slice(0, 60)}`,
            ),
          ...(held.length > MAX_HELD ? ['  and more: tinyfat outbox list'] : []),
        ]),
  ];
}

/** Keys of providers are sealed under master keys, which may be of another server, or be nowhere. */
async function sayWhichKeysOpen(config: Config): Promise<void> {
  await withData(config, async (data) => {
    const stored = await listProviderKeys(data.db, null);
    const read = await masterKeysOf(config, data).read();
    const ids = read.ok ? read.keys.map(({ id }) => id) : [];
    const closed = stored.filter(({ sealed }) => !ids.includes(masterKeyIdOf(sealed) ?? ''));
    if (closed.length === 0) return 0;
    console.log(
      `${closed.length} of ${stored.length} stored keys of providers can not be opened: the master keys are not here. Put the file of backup --with-keys in place (set its MASTER_KEYS, or restore with --keys), or store the keys again:`,
    );
    for (const { owner, provider } of closed) {
      console.log(printable(`  tinyfat key set --owner ${owner} --provider ${provider}`));
    }
    return 0;
  });
}
