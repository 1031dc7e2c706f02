import { mkdtemp, readdir, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { LogFields } from '@tinyfat/core';
import { putFreshDatabase } from '@tinyfat/testing/fresh-database';
import { scratchFolder } from '@tinyfat/testing/scratch-folder';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type DataFolder, openDataFolder } from '../data-folder.ts';
import { startRawMailSweeper } from './raw-mail-sweeper.ts';

const hour = 3_600_000;
const now = Date.UTC(2030, 0, 1);
let folder: string;
let data: DataFolder;
let log: [string, LogFields | undefined][];
let walked: PromiseWithResolvers<void>;
beforeEach(async () => {
  folder = await mkdtemp(join(scratchFolder(), 'tinyfat-sweep-'));
  await putFreshDatabase(join(folder, 'tinyfat.sqlite'));
  data = await openDataFolder({ dataDir: folder, database: null });
  log = [];
  walked = Promise.withResolvers();
});
afterEach(async () => {
  vi.useRealTimers();
  await data.close();
  await rm(folder, { recursive: true, force: true });
});

const note = (event: string, fields?: LogFields) => void log.push([event, fields]);
/** A walk that came to its end says so. */
const logger = { debug: () => walked.resolve(), info: note, warn: note, error: note };
const start = (parts: Partial<Parameters<typeof startRawMailSweeper>[0]> = {}) =>
  startRawMailSweeper({ db: data.db, rawMail: data.rawMail, clock: () => now, logger, ...parts });

/** A stored message that was put so long before now. */
async function put(key: string, agoMs: number): Promise<void> {
  await data.rawMail.put(key, new Uint8Array(3));
  const at = new Date(now - agoMs);
  await utimes(join(data.paths.rawMail, key.slice(-2), `${key}.eml`), at, at);
}
async function event(id: string, rawKey: string): Promise<void> {
  const rest = { event_id: id, kind: 'received' as const, provider_mail_id: id, payload: '{}' };
  const state = { state: 'pending' as const, attempts: 0, next_attempt_at: 1, created_at: 1 };
  await data.db
    .insertInto('webhook_events')
    .values({ id, provider: 'postmark', raw_key: rawKey, ...rest, ...state })
    .execute();
}
const stored = async () =>
  (await readdir(data.paths.rawMail, { recursive: true })).filter((name) => name.endsWith('.eml')).toSorted();

it('removes at the start what is older than a day and in no row, and logs it', async () => {
  await put('old-named-01', 48 * hour);
  await put('old-left-02', 25 * hour);
  await put('young-03', 23 * hour);
  await event('event', 'old-named-01');
  const sweeper = start();
  await walked.promise;
  await sweeper.stop();
  expect(log).toEqual([['raw_mail_removed', { raw_key: 'old-left-02', kind: 'unnamed', bytes: 3 }]]);
  expect(await stored()).toEqual(['01/old-named-01.eml', '03/young-03.eml']);
});

it('removes no message of a database that is not theirs, and says so', async () => {
  for (let n = 0; n < 501; n += 1) await put(`message-${n}-01`, 48 * hour);
  const sweeper = start();
  await walked.promise;
  await sweeper.stop();
  expect(log).toEqual([['raw_mail_unnamed', { unnamed: 501, fix: expect.stringContaining('database') }]]);
  expect(await stored()).toHaveLength(501);
});

it('looks again a day later, also after a walk that failed, and ends nothing', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  let walks = 0;
  const sweep = async () => {
    walks += 1;
    throw new Error('disk');
  };
  const sweeper = start({ rawMail: { sweep } });
  await vi.advanceTimersByTimeAsync(24 * hour);
  await sweeper.stop();
  await vi.advanceTimersByTimeAsync(48 * hour);
  expect(walks).toBe(2);
  expect(log.map(([name]) => name)).toEqual(['raw_mail_sweep_failed', 'raw_mail_sweep_failed']);
});
