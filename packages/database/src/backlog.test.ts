import { openSentMail, type SentMail } from '@tinyfat/testing/sent-mail';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { backlog } from './backlog.ts';

describe('the backlog', () => {
  let fixture: SentMail;
  beforeEach(async () => {
    fixture = await openSentMail();
  });
  afterEach(() => fixture.close());

  let ids = 0;
  async function job(agent_id: string, state: 'ready' | 'running' | 'done', run_at: number) {
    const id = `job-${++ids}`;
    await fixture.mail(id, { agent_id });
    await fixture.db.updateTable('jobs').set({ state, run_at }).where('id', '=', id).execute();
  }

  it('is empty where nothing waits', async () => {
    await job('scout', 'done', 1);
    expect(await backlog(fixture.db, 1000)).toEqual({
      jobsReady: 0,
      jobsPaused: 0,
      jobsRunning: 0,
      oldestDueMs: 0,
      deliveriesPending: 0,
      mailsWaiting: 0,
      deliveriesAwaitingApproval: 0,
    });
  });

  it('has the age of the oldest job that could run, not of one behind its own agent or put off', async () => {
    await job('scout', 'running', 100);
    await job('scout', 'ready', 100);
    await job('other', 'ready', 700);
    await job('other', 'ready', 800);
    expect(await backlog(fixture.db, 1000)).toMatchObject({ jobsReady: 3, jobsRunning: 1, oldestDueMs: 300 });
    expect(await backlog(fixture.db, 500)).toMatchObject({ jobsReady: 3, oldestDueMs: 0 });
  });

  it('counts what waits for the owner', async () => {
    await fixture.mail('one', { state: 'quarantined' });
    await fixture.mail('two', { state: 'over_limit' });
    await fixture.mail('three', { state: 'replied' });
    for (const state of ['pending', 'pending', 'awaiting_approval', 'sent'] as const) {
      await fixture.delivery('three', { state });
    }
    expect(await backlog(fixture.db, 1000)).toMatchObject({
      mailsWaiting: 2,
      deliveriesPending: 2,
      deliveriesAwaitingApproval: 1,
    });
  });
});
