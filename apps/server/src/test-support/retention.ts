/** A folder with mails, deliveries and files of some age, and a run of retention over it. */
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DEFAULT_RETENTION, type LogFields, type RetentionDays, type RetentionReport } from '@tinyfat/core';
import type { NewDelivery, NewMail } from '@tinyfat/database';
import { previewRetention, type RetentionDeps, runRetention } from '@tinyfat/retention';
import { directoryFolders, rawMailDirectory } from '@tinyfat/storage/node';
import { openSentMail } from '@tinyfat/testing/sent-mail';
import { dataPaths } from '../data-folder.ts';
import { ownFiles } from '../retention/own-files.ts';

export const DAY_MS = 24 * 3_600_000;
export const NOW = Date.UTC(2030, 5, 1);
/** Every kind stays. */
const FOREVER = Object.fromEntries(Object.keys(DEFAULT_RETENTION).map((kind) => [kind, null]));

/** Opens it; nothing in it is removed but the kinds of which a run names days. */
export async function openRetention() {
  const rows = await openSentMail();
  const paths = dataPaths(rows.folder);
  const rawMail = rawMailDirectory(paths.rawMail);
  const folders = directoryFolders({ folder: paths.agents, owner: null });
  const log: [string, LogFields | undefined][] = [];
  const note = (event: string, fields?: LogFields) => void log.push([event, fields]);
  const ids = { made: 0 };
  const deps = (days: Partial<RetentionDays>): RetentionDeps => ({
    db: rows.db,
    rawMail,
    folders,
    ownFiles: ownFiles(paths),
    clock: () => NOW,
    makeId: () => `run-${++ids.made}`,
    logger: { debug() {}, info: note, warn: note, error: note },
    days: { ...DEFAULT_RETENTION, ...FOREVER, ...days },
  });
  return {
    ...rows,
    paths,
    rawMail,
    folders,
    log,
    deps,
    /** A mail that came so many days ago, with 10 stored bytes. */
    async oldMail(id: string, daysAgo: number, change: Partial<NewMail> = {}): Promise<void> {
      const mail = await rows.mail(id, { state: 'replied', received_at: NOW - daysAgo * DAY_MS, ...change });
      await rawMail.put(mail.raw_key, new Uint8Array(10));
    },
    /** The same without job and run, as for a mail that got no turn. */
    async refusedMail(id: string, daysAgo: number, change: Partial<NewMail> = {}): Promise<void> {
      const refused = { verdict: 'refused', state: 'refused', received_at: NOW - daysAgo * DAY_MS } as const;
      const mail = await rows.mail(id, { ...refused, ...change });
      await rows.db.deleteFrom('runs').where('mail_id', '=', id).execute();
      await rows.db.deleteFrom('jobs').where('mail_id', '=', id).execute();
      await rawMail.put(mail.raw_key, new Uint8Array(10));
    },
    /** A delivery of that mail with 10 stored bytes. */
    async oldDelivery(mailId: string, daysAgo: number, change: Partial<NewDelivery> = {}): Promise<string> {
      const made = await rows.delivery(mailId, { created_at: NOW - daysAgo * DAY_MS, ...change });
      await rawMail.put(made.raw_key, new Uint8Array(10));
      return made.raw_key;
    },
    /** A file of 5 bytes below the data folder that was last written so many days ago. */
    oldFile(path: string, daysAgo: number): void {
      const whole = join(rows.folder, path);
      mkdirSync(dirname(whole), { recursive: true });
      writeFileSync(whole, 'bytes');
      utimesSync(whole, new Date(NOW - daysAgo * DAY_MS), new Date(NOW - daysAgo * DAY_MS));
    },
    run: async (days: Partial<RetentionDays>, daily = false): Promise<RetentionReport | null> =>
      await runRetention(deps(days), { daily, signal: new AbortController().signal }),
    preview: async (days: Partial<RetentionDays>): Promise<RetentionReport> =>
      await previewRetention(deps(days), new AbortController().signal),
    /** Keys of the messages that are stored. */
    stored: async (): Promise<string[]> =>
      (await readdir(paths.rawMail, { recursive: true }).catch(() => []))
        .filter((name) => name.endsWith('.eml'))
        .map((name) => name.slice(name.indexOf('/') + 1, -'.eml'.length))
        .toSorted(),
    /** Files below a folder of the data folder. */
    files: async (path: string): Promise<string[]> => (await readdir(join(rows.folder, path))).toSorted(),
  };
}

export type RetentionFixture = Awaited<ReturnType<typeof openRetention>>;
