import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mailRow } from '@tinyfat/contracts';
import { openFreshDatabase } from '@tinyfat/testing/fresh-database';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { insertAgent } from './agents.ts';
import { backlog } from './backlog.ts';
import { insertMail } from './mails.ts';
import type { Database } from './schema/index.ts';

describe('the backlog', () => {
  let folder: string;
  let db: Database;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tinyfat-backlog-'));
    db = await openFreshDatabase(join(folder, 'b.sqlite'));
    for (const name of ['a', 'b']) {
      await insertAgent(db, { id: name, name, owner: 'o@example.com', created_at: 1 }, []);
    }
  });
  afterEach(async () => {
    await db.destroy();
    await rm(folder, { recursive: true, force: true });
  });

  let ids = 0;
  async function job(agent: string, state: 'ready' | 'running' | 'done', runAt: number) {
    const id = `job-${++ids}`;
    await insertMail(db, mailRow(agent, `<${id}@x>`, { id }));
    const attempts = { attempts: 0, max_attempts: 3, fence: 0, created_at: 1 };
    await db
      .insertInto('jobs')
      .values({ id, agent_id: agent, mail_id: id, state, run_at: runAt, ...attempts })
      .execute();
  }

  it('is empty where nothing waits', async () => {
    await job('a', 'done', 1);
    expect(await backlog(db, 1000)).toEqual({
      jobsReady: 0,
      jobsRunning: 0,
      oldestDueMs: 0,
      deliveriesPending: 0,
      mailsWaiting: 0,
      deliveriesAwaitingApproval: 0,
    });
  });

  it('has the age of the oldest job that could run, not of one behind its own agent or put off', async () => {
    await job('a', 'running', 100);
    await job('a', 'ready', 100);
    await job('b', 'ready', 700);
    await job('b', 'ready', 800);
    expect(await backlog(db, 1000)).toMatchObject({ jobsReady: 3, jobsRunning: 1, oldestDueMs: 300 });
    expect(await backlog(db, 500)).toMatchObject({ jobsReady: 3, oldestDueMs: 0 });
  });

  it.skipIf(process.env.TEST_ENGINE === 'postgres').each([
    ['jobs', `state = 'ready'`, 'jobs_due'],
    ['deliveries', `state = 'pending'`, 'deliveries_due'],
    ['deliveries', `state = 'awaiting_approval'`, 'deliveries_awaiting_approval'],
    ['mails', `state in ('quarantined', 'over_limit')`, 'mails_waiting'],
  ])('reads of %s where %s only the rows that count', async (table, condition, index) => {
    const plan = await sql<{ detail: string }>`explain query plan
      select count(*) from ${sql.table(table)} where ${sql.raw(condition)}`.execute(db);
    expect(plan.rows.map((row) => row.detail).join()).toMatch(new RegExp(`INDEX ${index}`));
  });
});
