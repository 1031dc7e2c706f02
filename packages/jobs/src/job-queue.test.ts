import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addJob, jobQueueContract, leasedRowsContract } from '@tinyfat/contracts';
import { type Database, insertAgent } from '@tinyfat/database';
import { openFreshDatabase } from '@tinyfat/testing/fresh-database';
import { farWorker, nearWorker } from '@tinyfat/testing/workers';
import { jobQueue, type Lease } from './job-queue.ts';

let ids = 0;

async function open() {
  const folder = await mkdtemp(join(tmpdir(), 'tinyfat-queue-'));
  const db = await openFreshDatabase(join(folder, 'q.sqlite'));
  const now = { value: 100_000_000 };
  const dead = new Set<string>();
  const options = {
    db,
    clock: () => now.value,
    makeId: () => `job-${++ids}`,
    leaseMs: 30_000,
    maxAttempts: 3,
    atOnce: 4,
  };
  return {
    db,
    now,
    dead,
    leaseMs: options.leaseMs,
    maxAttempts: options.maxAttempts,
    queue: jobQueue({ ...options, worker: nearWorker('one', dead) }),
    other: jobQueue({ ...options, worker: nearWorker('other', dead) }),
    far: jobQueue({ ...options, worker: farWorker('far') }),
    dispose: async () => {
      await db.destroy();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const agent = (db: Database, name: string, owner = 'o@example.com') =>
  insertAgent(db, { id: name, name, owner, created_at: 1 }, []);

jobQueueContract('the jobs table', async () => {
  const fixture = await open();
  for (const name of ['agent-a', 'agent-b']) await agent(fixture.db, name);
  return { ...fixture, agent: (name, owner) => agent(fixture.db, name, owner) };
});

leasedRowsContract<Lease>('jobs', async () => {
  const { queue, other, far, ...fixture } = await open();
  const { db } = fixture;
  let added = 0;
  return {
    ...fixture,
    one: queue,
    other,
    far,
    async add() {
      const name = `agent-${++added}`;
      await agent(db, name);
      await addJob({ db, queue }, name, `<${added}@x>`);
    },
    settle: (lease) => db.transaction().execute((tx) => queue.finish(tx, lease, 'done', null)),
    putBack: (lease, at) => queue.retry(lease, at, 'later'),
  };
});
