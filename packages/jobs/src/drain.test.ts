import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addJob } from '@tinyfat/contracts';
import type { Logger } from '@tinyfat/core';
import { type Database, insertAgent, type LeasedRows } from '@tinyfat/database';
import { openFreshDatabase } from '@tinyfat/testing/fresh-database';
import { farWorker } from '@tinyfat/testing/workers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { drain } from './drain.ts';
import { type JobQueue, jobQueue, type Lease } from './job-queue.ts';
import { LeaseLost, StopAsked, type WorkLoopOptions } from './rows-in-hand.ts';
import { rowsOf } from './test-support/items.ts';
import { jobWork } from './worker.ts';

const quiet: Logger = { debug() {}, info() {}, warn() {}, error() {} };
const FOREVER = Number.MAX_SAFE_INTEGER;

/** Work on these rows by a clock that stands at `now`; `worked` in the order in which it began. */
function workOver(rows: LeasedRows<string>, more: Partial<WorkLoopOptions<string>> = {}, now = 1000) {
  const worked: string[] = [];
  const work: WorkLoopOptions<string> = {
    name: 'items',
    rows,
    clock: () => now,
    logger: quiet,
    leaseMs: 30_000,
    atOnce: 1,
    pollMs: 1000,
    async work(item) {
      worked.push(item);
    },
    ...more,
  };
  return { work, worked };
}

it('works on what is due, one after the other, and ends when nothing is', async () => {
  const { work, worked } = workOver(rowsOf(['one', 'two', 'three']));
  expect(await drain(work, FOREVER)).toEqual({ worked: 3, more: false, nextDue: null });
  expect(worked).toEqual(['one', 'two', 'three']);
});

it('claims nothing once time is up, ends what runs, and says that there is more', async () => {
  let now = 1000;
  const items = ['one', 'two'];
  const ended: string[] = [];
  const rows = rowsOf(items, { nextDue: async () => (items.length > 0 ? 1 : null) });
  const { work } = workOver(rows, {
    clock: () => now,
    async work(item) {
      now = 2000;
      await new Promise(setImmediate);
      ended.push(item);
    },
  });
  expect(await drain(work, 2000)).toEqual({ worked: 1, more: true, nextDue: null });
  expect(ended).toEqual(['one']);
  expect(await drain(work, 2000)).toEqual({ worked: 0, more: true, nextDue: null });
  expect(items).toEqual(['two']);
});

it('says when the next row is due, and nothing of one that others keep waiting', async () => {
  const later = workOver(rowsOf([], { nextDue: async () => 7000 }));
  expect(await drain(later.work, FOREVER)).toEqual({ worked: 0, more: false, nextDue: 7000 });
  const blocked = workOver(rowsOf([], { nextDue: async () => 500 }));
  expect(await drain(blocked.work, FOREVER)).toEqual({ worked: 0, more: false, nextDue: null });
});

it('works on as many at once as it may, and looks again when one has ended', async () => {
  const open = new Map<string, () => void>();
  const { promise: two, resolve: begun } = Promise.withResolvers<void>();
  const { promise: third, resolve: begunToo } = Promise.withResolvers<void>();
  const { work } = workOver(rowsOf(['one', 'two', 'three']), {
    atOnce: 2,
    async work(item) {
      const ended = new Promise<void>((resolve) => open.set(item, resolve));
      if (open.size === 2) begun();
      if (open.size === 3) begunToo();
      await ended;
    },
  });
  const drained = drain(work, FOREVER);
  await two;
  expect([...open.keys()]).toEqual(['one', 'two']);
  open.get('two')?.();
  await third;
  open.get('one')?.();
  open.get('three')?.();
  expect((await drained).worked).toBe(3);
});

it('renews what it works on, and ends the work when the lease is lost', async () => {
  let renewals = 0;
  let reason: unknown;
  const { work } = workOver(rowsOf(['slow'], { renew: async () => ++renewals < 3 }), {
    leaseMs: 3,
    work: (_item, signal) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          reason = signal.reason;
          resolve();
        });
      }),
  });
  await drain(work, FOREVER);
  expect([renewals, reason]).toEqual([3, expect.any(LeaseLost)]);
});

it('rejects where the rows are out of reach, and not before what runs has ended', async () => {
  const ended: string[] = [];
  const items = ['one'];
  const rows = rowsOf(items, {
    async claim() {
      const item = items.shift();
      if (item === undefined) throw new Error('the database is away');
      return item;
    },
  });
  const { work } = workOver(rows, {
    atOnce: 2,
    async work(item) {
      await new Promise(setImmediate);
      ended.push(item);
    },
  });
  await expect(drain(work, FOREVER)).rejects.toThrow('the database is away');
  expect(ended).toEqual(['one']);
});

describe('over the job queue', () => {
  let folder: string;
  let db: Database;
  let now: number;
  let ids = 0;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tinyfat-drain-'));
    db = await openFreshDatabase(join(folder, 'q.sqlite'));
    now = Date.now();
    for (const name of ['agent-a', 'agent-b']) {
      await insertAgent(db, { id: name, name, owner: 'o@example.com', created_at: 1 }, []);
    }
  });
  afterEach(async () => {
    await db.destroy();
    await rm(folder, { recursive: true, force: true });
  });

  const queueOf = (id: string) =>
    jobQueue({
      db,
      worker: farWorker(id),
      atOnce: 2,
      clock: () => now,
      makeId: () => `job-${++ids}`,
      leaseMs: 30_000,
      maxAttempts: 3,
    });
  const workOf = (queue: JobQueue, handle: (lease: Lease) => Promise<void>) =>
    jobWork({
      queue,
      clock: () => now,
      logger: quiet,
      concurrency: 2,
      leaseMs: 30_000,
      pollMs: 1000,
      handle,
      retryAt: () => now + 5000,
    });

  it('does no row twice where two drain at once, and none is left', async () => {
    const first = queueOf('one');
    for (let mail = 0; mail < 6; mail += 1)
      await addJob({ db, queue: first }, mail % 2 ? 'agent-a' : 'agent-b', `<${mail}@x>`);
    const done: string[] = [];
    const drains = [first, queueOf('two')].map((queue) =>
      drain(
        workOf(queue, async (lease) => {
          await new Promise(setImmediate);
          done.push(lease.jobId);
          await db.transaction().execute((tx) => queue.finish(tx, lease, 'done', null));
        }),
        FOREVER,
      ),
    );
    const ends = await Promise.all(drains);
    expect([done.length, new Set(done).size]).toEqual([6, 6]);
    expect(ends.map(({ more, nextDue }) => [more, nextDue])).toEqual([
      [false, null],
      [false, null],
    ]);
  });

  it('takes over what a dead worker held when its lease has ended, and that one settles nothing any more', async () => {
    const dead = queueOf('dead');
    await addJob({ db, queue: dead }, 'agent-a', '<1@x>');
    const held = await dead.claim();
    if (held === undefined) throw new Error('nothing was claimed');
    const queue = queueOf('two');
    const done: number[] = [];
    const work = workOf(queue, async (lease) => {
      done.push(lease.fence);
      await db.transaction().execute((tx) => queue.finish(tx, lease, 'done', null));
    });
    expect(await drain(work, FOREVER)).toMatchObject({ worked: 0, more: false });
    now += 30_001;
    expect(await drain(work, FOREVER)).toMatchObject({ worked: 1, more: false });
    expect(done).toEqual([held.fence + 1]);
    expect(await dead.finish(db, held, 'failed', 'too late')).toBe(false);
    expect(await db.selectFrom('jobs').select('state').executeTakeFirst()).toEqual({ state: 'done' });
  });

  it('says when a job that failed is to be tried again', async () => {
    const queue = queueOf('one');
    await addJob({ db, queue }, 'agent-a', '<1@x>');
    const work = workOf(queue, () => Promise.reject(new Error('broken')));
    expect(await drain(work, FOREVER)).toEqual({ worked: 1, more: false, nextDue: now + 5000 });
  });
});

it('sees of itself that somebody asked for the end of what it works on', async () => {
  const { promise: over, resolve } = Promise.withResolvers<unknown>();
  const { work } = workOver(rowsOf(['one'], { nextDue: async () => null }), {
    stopsAsked: async (keys) => new Set(keys),
    work: (_item, signal) =>
      new Promise((ended) => {
        signal.addEventListener('abort', () => {
          resolve(signal.reason);
          ended();
        });
      }),
  });
  expect(await drain(work, FOREVER)).toMatchObject({ worked: 1 });
  expect(await over).toBeInstanceOf(StopAsked);
});
