import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jobQueueContract } from '@tinyfat/contracts';
import { insertAgent } from '@tinyfat/database';
import { openFreshDatabase } from '@tinyfat/testing/fresh-database';
import { jobQueue } from './job-queue.ts';

let ids = 0;

jobQueueContract('sqlite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tinyfat-queue-'));
  const db = await openFreshDatabase(join(folder, 'q.sqlite'));
  for (const name of ['agent-a', 'agent-b']) {
    await insertAgent(db, { id: name, name, owner: 'o@example.com', created_at: 1 }, []);
  }
  const now = { value: 1_000_000 };
  const options = {
    clock: () => now.value,
    makeId: () => `job-${++ids}`,
    leaseMs: 30_000,
    maxAttempts: 3,
  };
  return {
    db,
    queue: jobQueue({ ...options, db }),
    other: jobQueue({ ...options, db }),
    now,
    leaseMs: options.leaseMs,
    maxAttempts: options.maxAttempts,
    dispose: async () => {
      await db.destroy();
      await rm(folder, { recursive: true, force: true });
    },
  };
});
