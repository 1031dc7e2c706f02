import { openSentMail, type SentMail } from '@tinyfat/testing/sent-mail';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { activityBetween } from './activity.ts';
import { insertAgent, markAgentDeleted } from './agents.ts';
import {
  acknowledgeAll,
  acknowledgeDelivery,
  acknowledgeRun,
  countAttention,
  newestDeliveriesWaiting,
  newestMailsWaiting,
  newestRunsFailed,
} from './attention.ts';
import { deliveryById, requeueDelivery } from './deliveries.ts';
import { endRun, insertRunAgain, runById, startRun } from './runs.ts';

const OWNER = { owner: 'owner@example.com' };
const ANN = { owner: 'ann@example.com' };

let fixture: SentMail;
beforeEach(async () => {
  fixture = await openSentMail();
  await insertAgent(fixture.db, { id: 'anns', name: 'anns', owner: ANN.owner, created_at: 1 }, []);
});
afterEach(() => fixture.close());

/** A run of this id that failed, and began then. */
async function failedRun(id: string, at: number, agent = 'scout'): Promise<void> {
  await fixture.mail(id, { agent_id: agent });
  const failed = { status: 'failed', finished_at: at + 1, error_code: 'turn_timeout' } as const;
  await endRun(fixture.db, id, failed);
  await fixture.db.updateTable('runs').set({ started_at: at }).where('id', '=', id).execute();
}

describe('what waits for an owner', () => {
  it('is of each kind, of their own agents that are not deleted, and counted up to a limit', async () => {
    await failedRun('one', 10);
    await failedRun('two', 20, 'other');
    await failedRun('hers', 30, 'anns');
    await fixture.mail('held', { state: 'quarantined', verdict: 'quarantined', received_at: 5 });
    await fixture.mail('over', { state: 'over_limit', verdict: 'over_limit', received_at: 6 });
    for (const state of ['awaiting_approval', 'failed', 'uncertain', 'bounced', 'sent', 'pending'] as const)
      await fixture.delivery('one', { state, subject: state });
    const { db } = fixture;
    expect(await countAttention(db, OWNER, 100)).toEqual({ answers: 1, mails: 2, deliveries: 3, runs: 2 });
    expect(await countAttention(db, 'all', 2)).toEqual({ answers: 1, mails: 2, deliveries: 2, runs: 2 });
    expect(await countAttention(db, ANN, 100)).toEqual({ answers: 0, mails: 0, deliveries: 0, runs: 1 });

    expect((await newestRunsFailed(db, OWNER, 5)).map(({ id, agent }) => [id, agent])).toEqual([
      ['two', 'other'],
      ['one', 'scout'],
    ]);
    expect((await newestRunsFailed(db, 'all', 1)).map(({ id, owner }) => [id, owner])).toEqual([
      ['hers', ANN.owner],
    ]);
    expect((await newestMailsWaiting(db, OWNER, 5)).map(({ id }) => id)).toEqual(['over', 'held']);
    const subjects = async (which: 'to approve' | 'lost') =>
      (await newestDeliveriesWaiting(db, OWNER, which, 5)).map(({ subject }) => subject);
    expect(await subjects('to approve')).toEqual(['awaiting_approval']);
    expect(await subjects('lost')).toEqual(['bounced', 'uncertain', 'failed']);

    await markAgentDeleted(db, 'scout', 100);
    expect(await countAttention(db, OWNER, 100)).toEqual({ answers: 0, mails: 0, deliveries: 0, runs: 1 });
    expect(await newestMailsWaiting(db, OWNER, 5)).toEqual([]);
    expect(await newestMailsWaiting(db, 'all', 5)).toEqual([]);
  });

  it('is no run that was acknowledged, until it fails again', async () => {
    await failedRun('one', 10);
    const { db } = fixture;
    expect(await acknowledgeRun(db, 'one', 99)).toBe(true);
    expect(await acknowledgeRun(db, 'one', 99)).toBe(false);
    expect(await newestRunsFailed(db, OWNER, 5)).toEqual([]);
    const again = { id: 'x', jobId: 'one', agentId: 'scout', mailId: 'one', command: null, at: 50 };
    await startRun(db, { ...again, kind: 'turn' });
    expect(await acknowledgeRun(db, 'one', 99)).toBe(false);
    await endRun(db, 'one', { status: 'failed', finished_at: 51 });
    expect(await newestRunsFailed(db, OWNER, 5)).toMatchObject([{ id: 'one' }]);
  });

  it('is no run that somebody stopped, and none that is done again', async () => {
    await failedRun('one', 10);
    const { db } = fixture;
    await endRun(db, 'one', { status: 'failed', finished_at: 11, error_code: 'run_stopped' });
    expect(await newestRunsFailed(db, OWNER, 5)).toEqual([]);
    await failedRun('two', 20);
    const of = await runById(db, 'two');
    if (!of) throw new Error('there is no run');
    const job = { agent_id: 'scout', mail_id: 'two', state: 'done' as const, run_at: 1, attempts: 1 };
    await db
      .insertInto('jobs')
      .values({ ...job, id: 'again', max_attempts: 3, fence: 1, created_at: 1 })
      .execute();
    await insertRunAgain(db, { id: 'again', jobId: 'again', at: 30, of, editedText: null });
    expect(await newestRunsFailed(db, OWNER, 5)).toEqual([]);
  });

  it('is no mail whose failure was acknowledged, until it is sent again and fails', async () => {
    await fixture.mail('one');
    const { id } = await fixture.delivery('one', { state: 'failed' });
    const { db } = fixture;
    expect(await acknowledgeDelivery(db, id, 99)).toBe(true);
    expect(await countAttention(db, OWNER, 100)).toMatchObject({ deliveries: 0 });
    await requeueDelivery(db, id, ['failed'], 100);
    expect(await deliveryById(db, id)).toMatchObject({ state: 'pending', acknowledged_at: null });
    expect(await acknowledgeDelivery(db, id, 101)).toBe(false);
  });

  it('is acknowledged together, up to a time and a number, and nothing of others', async () => {
    await failedRun('one', 10);
    await failedRun('two', 20);
    await failedRun('later', 90);
    await failedRun('hers', 10, 'anns');
    await fixture.delivery('one', { state: 'bounced', created_at: 10 });
    const { db } = fixture;
    const asked = { until: 50, at: 99, limit: 100 };
    expect(await acknowledgeAll(db, OWNER, 'runs', { ...asked, limit: 1 })).toBe(1);
    expect(await acknowledgeAll(db, OWNER, 'runs', asked)).toBe(1);
    expect(await acknowledgeAll(db, OWNER, 'deliveries', asked)).toBe(1);
    const left = (await newestRunsFailed(db, 'all', 5)).map(({ id }) => id);
    expect(left).toEqual(['later', 'hers']);
    expect(await acknowledgeAll(db, 'all', 'runs', asked)).toBe(1);
  });
});

it('counts what happened within a time, of one owner or all', async () => {
  await fixture.mail('early', { received_at: 9 });
  await fixture.mail('answered', { received_at: 10, state: 'replied' });
  await fixture.mail('command', { received_at: 11, state: 'command' });
  await fixture.mail('refused', { received_at: 12, state: 'refused', verdict: 'refused' });
  await fixture.mail('hers', { received_at: 13, agent_id: 'anns', state: 'replied' });
  await fixture.mail('late', { received_at: 20 });
  const { db } = fixture;
  for (const [id, started_at, cost_usd] of [
    ['early', 9, 1],
    ['answered', 10, 0.25],
    ['command', 19, 0.5],
    ['hers', 13, 2],
    ['late', 20, 4],
  ] as const)
    await db.updateTable('runs').set({ started_at, cost_usd }).where('id', '=', id).execute();
  const day = { from: 10, until: 20, most: 100 };
  expect(await activityBetween(db, OWNER, day)).toEqual({
    received: 3,
    answered: 2,
    refused: 1,
    costUsd: 0.75,
  });
  // Whole hours are read from their sums.
  const hour = { from: 0, until: 3_600_000, most: 100 };
  expect(await activityBetween(db, OWNER, hour)).toMatchObject({ received: 5, costUsd: 5.75 });
  expect(await activityBetween(db, 'all', hour)).toMatchObject({ received: 6, costUsd: 7.75 });
  expect(await activityBetween(db, 'all', { ...hour, from: hour.until, until: 2 * hour.until })).toEqual({
    received: 0,
    answered: 0,
    refused: 0,
    costUsd: 0,
  });
  expect(await activityBetween(db, 'all', { ...day, most: 2 })).toEqual({
    received: 2,
    answered: 2,
    refused: 1,
    costUsd: 2.75,
  });
  // Half hours of a zone: the hours at the ends are read run by run, those between them from their sums.
  const at = (hours: number) => hours * 3_600_000;
  for (const [id, started_at] of [
    ['early', at(0.4)],
    ['answered', at(0.5)],
    ['command', at(1.2)],
    ['hers', at(2.4)],
    ['late', at(2.5)],
  ] as const)
    await db.updateTable('runs').set({ started_at }).where('id', '=', id).execute();
  const halves = { from: at(0.5), until: at(2.5), most: 100 };
  expect(await activityBetween(db, OWNER, halves)).toMatchObject({ costUsd: 0.75 });
  expect(await activityBetween(db, 'all', halves)).toMatchObject({ costUsd: 2.75 });
  expect(await activityBetween(db, 'all', { ...halves, until: at(0.9) })).toMatchObject({ costUsd: 0.25 });
});
