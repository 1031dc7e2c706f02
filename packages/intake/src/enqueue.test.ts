import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mailQueueContract } from '@tinyfat/contracts';
import { insertAgent } from '@tinyfat/database';
import { jobQueue } from '@tinyfat/jobs';
import { openFreshDatabase } from '@tinyfat/testing/fresh-database';
import { farWorker } from '@tinyfat/testing/workers';
import { mailQueue } from './enqueue.ts';

let ids = 0;

mailQueueContract('the tables', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tinyfat-intake-'));
  const db = await openFreshDatabase(join(folder, 'q.sqlite'));
  for (const name of ['agent-a', 'agent-b']) {
    await insertAgent(db, { id: name, name, owner: 'o@example.com', created_at: 1 }, []);
  }
  const now = { value: 1_000_000 };
  const limits = { senderHour: 20, senderDay: 1000, agentHour: 40, agentDay: 1000, waiting: 1000 };
  const deps = { db, clock: () => now.value, makeId: () => `job-${++ids}` };
  const jobs = jobQueue({ ...deps, leaseMs: 30_000, maxAttempts: 3, worker: farWorker(), atOnce: 4 });
  const options = { ...deps, jobs, limits, ownerNoticeDelayMs: 60_000 };
  return {
    db,
    intake: mailQueue(options),
    other: mailQueue(options),
    jobs,
    now,
    limits,
    ownerNoticeDelayMs: options.ownerNoticeDelayMs,
    dispose: async () => {
      await db.destroy();
      await rm(folder, { recursive: true, force: true });
    },
  };
});
