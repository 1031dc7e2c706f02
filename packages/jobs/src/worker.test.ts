import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addJob } from '@tinyfat/contracts';
import type { Logger } from '@tinyfat/core';
import { type Database, insertAgent } from '@tinyfat/database';
import { openFreshDatabase } from '@tinyfat/testing/fresh-database';
import { nearWorker } from '@tinyfat/testing/workers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type JobQueue, jobQueue, type Lease } from './job-queue.ts';
import { startWorkLoop, type WorkLoop } from './work-loop.ts';
import { jobWork } from './worker.ts';

const quiet: Logger = { debug() {}, info() {}, warn() {}, error() {} };

describe('the queue worker', () => {
  let folder: string;
  let db: Database;
  let queue: JobQueue;
  let deps: Parameters<typeof jobQueue>[0];
  let worker: WorkLoop | undefined;
  let ids = 0;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tinyfat-worker-'));
    db = await openFreshDatabase(join(folder, 'q.sqlite'));
    for (const name of ['agent-a', 'agent-b', 'agent-c']) {
      await insertAgent(db, { id: name, name, owner: 'o@example.com', created_at: 1 }, []);
    }
    deps = {
      db,
      worker: nearWorker('one', new Set()),
      atOnce: 2,
      clock: Date.now,
      makeId: () => `job-${++ids}`,
      leaseMs: 30_000,
      maxAttempts: 3,
    };
    queue = jobQueue(deps);
  });
  afterEach(async () => {
    await worker?.stop(0);
    worker = undefined;
    await db.destroy();
    await rm(folder, { recursive: true, force: true });
  });

  const start = (handle: (lease: Lease, signal: AbortSignal) => Promise<void>, more = {}) => {
    worker = startWorkLoop(
      jobWork({
        queue,
        clock: Date.now,
        logger: quiet,
        concurrency: 2,
        leaseMs: 30_000,
        pollMs: 60_000,
        handle,
        retryAt: () => Date.now(),
        ...more,
      }),
    );
    return worker;
  };
  const finish = async (lease: Lease) => {
    await db.transaction().execute((tx) => queue.finish(tx, lease, 'done', null));
  };

  it('runs as many agents at once as it may, and wakes for new work without waiting for its poll', async () => {
    const started: string[] = [];
    const open = new Map<string, () => void>();
    let seen = () => {};
    const two = new Promise<void>((resolve) => {
      seen = () => started.length >= 2 && resolve();
    });
    const running = start(async (lease) => {
      started.push(lease.agentId);
      seen();
      await new Promise<void>((resolve) => open.set(lease.agentId, resolve));
      await finish(lease);
    });
    for (const agent of ['agent-a', 'agent-b', 'agent-c']) await addJob({ db, queue }, agent, `<${agent}@x>`);
    running.wake();
    await two;
    expect(started.sort()).toEqual(['agent-a', 'agent-b']);
    const third = new Promise<void>((resolve) => {
      seen = () => started.length === 3 && resolve();
    });
    open.get('agent-a')?.();
    await third;
    expect(started).toContain('agent-c');
    for (const release of open.values()) release();
  });

  it('tries a job again that threw, and lets the next one through once it is settled', async () => {
    const attempts: number[] = [];
    let over = () => {};
    const end = new Promise<void>((resolve) => {
      over = resolve;
    });
    await addJob({ db, queue }, 'agent-a', '<1@x>');
    await addJob({ db, queue }, 'agent-a', '<2@x>');
    let first = '';
    start(async (lease) => {
      first ||= lease.jobId;
      if (lease.jobId === first) {
        attempts.push(lease.attempt);
        await queue.begin(db, lease);
        if (lease.attempt < 3) throw new Error('crash');
        await finish(lease);
        return;
      }
      await finish(lease);
      over();
    });
    await end;
    expect(attempts).toEqual([1, 2, 3]);
  });

  it('waits for what runs when it is stopped, and aborts it when the time is over', async () => {
    let reason: unknown;
    let began = () => {};
    const running = new Promise<void>((resolve) => {
      began = resolve;
    });
    const stopped = start(async (lease, signal) => {
      began();
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      reason = signal.reason;
      await queue.release(lease);
    });
    await addJob({ db, queue }, 'agent-a', '<1@x>');
    stopped.wake();
    await running;
    await stopped.stop(10);
    expect(String(reason)).toContain('stopping');
    expect((await queue.claim())?.attempt).toBe(1);
  });

  it('tells a handler whose lease was lost', async () => {
    let aborted = () => {};
    const lost = new Promise<void>((resolve) => {
      aborted = resolve;
    });
    const running = start(
      async (_lease, signal) => {
        const thief = jobQueue({ ...deps, worker: nearWorker('other', new Set(['one'])) });
        await thief.reclaim(() => false);
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
        aborted();
      },
      { leaseMs: 30, concurrency: 1 },
    );
    await addJob({ db, queue }, 'agent-a', '<1@x>');
    running.wake();
    await lost;
  });
});
