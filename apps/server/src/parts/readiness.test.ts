import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Database, insertAgent } from '@tinyfat/database';
import type { SandboxProbe } from '@tinyfat/sandbox';
import { openFreshDatabase } from '@tinyfat/testing/fresh-database';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readinessChecks } from './readiness.ts';

const MINUTE = 60_000;

describe('the readiness checks', () => {
  let folder: string;
  let db: Database;
  let now: number;
  let probe: SandboxProbe;
  let probes: number;
  /** Blocks of 4 kB. */
  let free: number;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tinyfat-checks-'));
    db = await openFreshDatabase(join(folder, 'c.sqlite'));
    now = 100 * MINUTE;
    probe = { ok: true, detail: '' };
    probes = 0;
    free = 1_000_000;
  });
  afterEach(async () => {
    await db.destroy();
    await rm(folder, { recursive: true, force: true });
  });
  const checks = (of = db) =>
    readinessChecks({
      db: of,
      disk: { dataDir: folder, room: async () => ({ bsize: 4096, bavail: free, files: 0, ffree: 0 }) },
      clock: () => now,
      listener: () => null,
      turns: {
        sandbox: {
          probe: async () => {
            probes++;
            return probe;
          },
        },
        longestWaitMs: 15 * MINUTE,
      },
    });

  it('notice a disk that is full, and look at it every ten seconds at most', async () => {
    const { disk, queue } = checks();
    expect(await disk?.()).toBeNull();
    free = 1000;
    expect(await disk?.()).toBeNull();
    now += 10_000;
    expect(await disk?.()).toBe(
      'The file system of DATA_DIR has 3 MB left, and needs 64. Free space on it, or see that it is mounted read-write.',
    );
    free = 1_000_000;
    now += 10_000;
    expect([await disk?.(), await queue?.()]).toEqual([null, null]);
  });

  it('write to the database, and leave nothing behind', async () => {
    const { database } = checks();
    expect(await database?.()).toBeNull();
    expect(await db.selectFrom('sign_in_attempts').selectAll().execute()).toEqual([]);
  });

  it('start one sandbox for all who ask at once', async () => {
    const { sandbox } = checks();
    await Promise.all([sandbox?.(), sandbox?.(), sandbox?.()]);
    expect(probes).toBe(1);
  });

  it('miss a queue that does not move', async () => {
    await insertAgent(db, { id: 'a', name: 'a', owner: 'o@example.com', created_at: 1 }, []);
    await sql`pragma foreign_keys = off`.execute(db);
    const job = { id: 'j', agent_id: 'a', mail_id: 'm', state: 'ready' as const, run_at: now };
    await db
      .insertInto('jobs')
      .values({ ...job, attempts: 0, max_attempts: 3, fence: 0, created_at: 1 })
      .execute();
    now += 15 * MINUTE;
    expect(await checks().queue?.()).toBeNull();
    now += 1000;
    expect(await checks().queue?.()).toBe('a job has been waiting for 901 s');
  });

  it('say what is wrong with the sandbox, and start one a minute at most', async () => {
    const { sandbox } = checks();
    expect(await sandbox?.()).toBeNull();
    probe = { ok: false, reason: 'no user namespaces', fix: 'allow them' };
    now += MINUTE - 1;
    expect(await sandbox?.()).toBeNull();
    expect(probes).toBe(1);
    now += 1;
    expect(await sandbox?.()).toBe('no user namespaces');
    expect(probes).toBe(2);
  });

  it('fail where the database can not be written', async () => {
    await sql`pragma query_only = on`.execute(db);
    expect(await checks().database?.()).toMatch(
      /^The database can not be written \(.*readonly.*\)\. See that the disk of DATA_DIR has room/,
    );
  });

  it('fail where the database does not answer', async () => {
    vi.useFakeTimers();
    const mute: Database = Object.create(db, {
      transaction: { value: () => ({ execute: () => new Promise(() => {}) }) },
      getExecutor: { value: () => db.getExecutor() },
    });
    const answer = Promise.resolve(checks(mute).database?.());
    await vi.advanceTimersByTimeAsync(5_000);
    vi.useRealTimers();
    expect(await answer).toContain('(no answer within 5000 ms)');
  });
});
