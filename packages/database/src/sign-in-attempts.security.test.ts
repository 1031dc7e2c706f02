import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openFreshDatabase } from '@tinyfat/testing/fresh-database';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from './schema/index.ts';
import { type AttemptLimit, forgetAttempt, noteAttempt } from './sign-in-attempts.ts';

const program = fileURLToPath(new URL('./test-support/note-attempts.ts', import.meta.url));
const HOUR_MS = 3_600_000;

describe('attempts that are counted', () => {
  let folder: string;
  let path: string;
  let db: Database;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tinyfat-attempts-'));
    path = join(folder, 'tinyfat.sqlite');
    db = await openFreshDatabase(path);
  });
  afterEach(async () => {
    await db.destroy();
    await rm(folder, { recursive: true, force: true });
  });

  const limit = (change: Partial<AttemptLimit> = {}): AttemptLimit => ({
    kind: 'mail_network',
    subject: '192.0.2.7',
    most: 2,
    windowMs: HOUR_MS,
    ...change,
  });

  it('share one limit over all processes', async () => {
    const run = promisify(execFile);
    const counts = await Promise.all(
      [1, 2, 3].map(async () => Number((await run(process.execPath, [program, path, '15'])).stdout)),
    );
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(20);
  });

  it('let as many through as the limit says, of those that come at one moment', async () => {
    const limits = [limit({ most: 100, subject: 'x' }), limit({ most: 5 })];
    const waits = await Promise.all(Array.from({ length: 20 }, () => noteAttempt(db, limits, 1000)));
    expect(waits.filter((wait) => wait === null)).toHaveLength(5);
  });

  it('are all taken back, also at one moment', async () => {
    const many = limit({ most: 20 });
    for (let at = 0; at < 12; at++) await noteAttempt(db, [many], 1000);
    await Promise.all(Array.from({ length: 12 }, () => forgetAttempt(db, [many], 1000)));
    expect(await db.selectFrom('sign_in_attempts').select('seq').execute()).toEqual([]);
  });

  it('say when the next one is let through', async () => {
    expect(await noteAttempt(db, [limit()], 1000)).toBeNull();
    expect(await noteAttempt(db, [limit()], 5000)).toBeNull();
    expect(await noteAttempt(db, [limit()], 6000)).toBe(1000 + HOUR_MS);
    expect(await noteAttempt(db, [limit()], 1000 + HOUR_MS)).toBeNull();
  });

  it('count for none of several limits where one is reached', async () => {
    await noteAttempt(db, [limit({ most: 1 })], 1000);
    const other = limit({ kind: 'mail_address', subject: 'ann@example.com', most: 1 });
    expect(await noteAttempt(db, [other, limit({ most: 1 })], 2000)).not.toBeNull();
    expect(await noteAttempt(db, [other], 2000)).toBeNull();
  });

  it('count for their kind and subject alone, and are forgotten after a day', async () => {
    await noteAttempt(db, [limit({ most: 1 })], 1000);
    expect(await noteAttempt(db, [limit({ most: 1, subject: '192.0.2.8' })], 1000)).toBeNull();
    expect(await noteAttempt(db, [limit({ most: 1, kind: 'code_network' })], 1000)).toBeNull();
    await noteAttempt(db, [limit({ subject: 'x' })], 1000 + 24 * HOUR_MS);
    expect(await db.selectFrom('sign_in_attempts').select('subject').execute()).toEqual([{ subject: 'x' }]);
  });
});
