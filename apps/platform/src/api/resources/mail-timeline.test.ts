import type { Delivery, Job, Mail, Run } from '@tinyfat/database';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ANN, type ApiFixture, openApi } from '../test-support/api.ts';
import { timelineOf } from './mail-timeline.ts';

const NONE: { jobs: Job[]; runs: Run[]; deliveries: Delivery[] } = { jobs: [], runs: [], deliveries: [] };

describe('the timeline of a mail', () => {
  let api: ApiFixture;
  beforeEach(async () => {
    api = await openApi();
    await api.addAgent('scout', ANN);
    await api.addMail('m-1');
    await api.addDelivery('d-1', 'm-1');
  });
  afterEach(() => api.dispose());
  const rows = async () => {
    const { db } = api;
    const of = <Row>(found: unknown) => found as Row;
    return {
      mail: of<Mail>(await db.selectFrom('mails').selectAll().executeTakeFirstOrThrow()),
      job: of<Job>(await db.selectFrom('jobs').selectAll().executeTakeFirstOrThrow()),
      run: of<Run>(await db.selectFrom('runs').selectAll().executeTakeFirstOrThrow()),
      delivery: of<Delivery>(await db.selectFrom('deliveries').selectAll().executeTakeFirstOrThrow()),
    };
  };

  it('goes from its arrival to what became of its answer', async () => {
    const done = { status: 'done', finished_at: api.now + 5000, model: 'claude-haiku-4-5' } as const;
    await api.db.updateTable('runs').set(done).execute();
    await api.db.updateTable('deliveries').set({ delivered_at: api.now }).execute();
    const { json } = await api.person(ANN).get('/mails/m-1/timeline');
    expect(json.steps.map(({ kind, state, text }: Record<string, string>) => [kind, state, text])).toEqual([
      ['received', 'done', 'It came by SMTP from 192.0.2.1, for scout@agents.example.org.'],
      ['checked', 'done', 'It is on the list.'],
      ['queued', 'done', 'It was put in line for its turn.'],
      ['turn', 'done', 'The turn was done with claude-haiku-4-5.'],
      ['handed_over', 'done', 'The answer to ann@example.com was handed to the relay.'],
      ['delivered', 'done', 'The server of a recipient took it.'],
    ]);
    expect(json.steps[3]).toMatchObject({ run: 'm-1', at: expect.any(String), ended_at: expect.any(String) });
    expect(json.steps[4]).toMatchObject({ delivery: 'd-1', run: null });
  });

  it('says when the next try is', async () => {
    const { mail, job, delivery } = await rows();
    const later = { state: 'ready', attempts: 2, run_at: 7, last_error: 'It broke' } as const;
    expect(timelineOf(mail, { ...NONE, jobs: [{ ...job, ...later }] }).at(-1)).toMatchObject({
      state: 'waiting',
      text: 'Try 2 did not end: It broke. It is tried again.',
      next_at: '1970-01-01T00:00:00.007Z',
    });
    const again = { state: 'pending', attempts: 1, next_attempt_at: 9, reason: '451 Later' } as const;
    expect(timelineOf(mail, { ...NONE, deliveries: [{ ...delivery, ...again }] }).at(-1)).toMatchObject({
      text: 'The answer to ann@example.com could not be sent yet. 451 Later.',
      next_at: '1970-01-01T00:00:00.009Z',
    });
  });

  it.each([
    ['awaiting_approval', 'waiting', 'The answer to ann@example.com waits for approval. Why.'],
    ['sending', 'waiting', 'The answer to ann@example.com is being handed over.'],
    ['rejected', 'done', 'The answer to ann@example.com was rejected, so it is not sent. Why.'],
    ['failed', 'failed', 'The answer to ann@example.com could not be sent. Why.'],
    ['uncertain', 'failed', 'Nobody knows whether this was sent: The answer to ann@example.com. Why.'],
    ['bounced', 'failed', 'It came back. Why.'],
  ] as const)('tells of an answer that is %s', async (state, tone, text) => {
    const { mail, delivery } = await rows();
    const steps = timelineOf(mail, { ...NONE, deliveries: [{ ...delivery, state, reason: 'Why' }] });
    expect(steps.at(-1)).toMatchObject({ state: tone, text });
  });

  it('tells of a second run where it happened', async () => {
    const { mail, job, run, delivery } = await rows();
    const at = delivery.created_at + 1000;
    const second: Run = { ...run, id: 'r-2', again_of: run.id, started_at: at, edited_text: 'x' };
    const steps = timelineOf(mail, {
      jobs: [job, { ...job, created_at: at - 1, state: 'done' }],
      runs: [run, second, { ...second, id: 'r-3', status: 'waiting', started_at: at + 1 }],
      deliveries: [delivery],
    });
    expect(steps.map(({ kind }) => kind)).toEqual([
      ...['received', 'checked', 'queued', 'turn', 'handed_over', 'queued', 'turn'],
    ]);
    expect(steps.at(-1)?.text).toBe('Another turn, with an edited text, is under way.');
  });

  it('ends with what ended the mail', async () => {
    const { mail, job, run } = await rows();
    const last = (change: Partial<Mail>, work: Partial<typeof NONE> = {}) =>
      timelineOf({ ...mail, ...change }, { ...NONE, ...work }).at(-1);
    expect(last({ verdict: 'refused', reason: 'Not on the list.' })).toMatchObject({
      kind: 'checked',
      state: 'failed',
    });
    expect(last({ state: 'quarantined', reason: 'A Bcc.' })?.text).toBe(
      'A Bcc. It waits until it is released or discarded.',
    );
    expect(last({ state: 'discarded', state_reason: 'The owner discarded it.' })).toMatchObject({
      kind: 'ended',
    });
    expect(last({ state: 'failed', state_reason: 'It is gone' })).toMatchObject({
      state: 'failed',
      text: 'It is gone.',
    });
    const failed: Run = { ...run, status: 'failed', error: 'No key', attempt: 2 };
    expect(last({ state: 'failed' }, { runs: [failed] })).toMatchObject({
      kind: 'turn',
      text: 'The turn failed, in try 2: No key.',
    });
    expect(last({}, { jobs: [{ ...job, state: 'paused' }] })?.text).toContain('paused');
  });
});
