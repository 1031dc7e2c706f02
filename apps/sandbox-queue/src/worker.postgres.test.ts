/** Rows are the truth and wake-ups are not: the Worker of the consumer in workerd, with real queues and a real Postgres. */
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { openWorkers } from './test-support/workers.ts';

describe('the consumer on Workers', () => {
  let here: Awaited<ReturnType<typeof openWorkers>>;
  let agent: string;
  let agents = 0;
  beforeAll(async () => {
    here = await openWorkers();
  }, 120_000);
  afterAll(() => here?.close());
  beforeEach(async () => {
    agents += 1;
    agent = `agent-${agents}`;
    await here.agent(agent);
  });

  const stateOf = async (mail: string) =>
    (await here.db.selectFrom('mails').select('state').where('id', '=', mail).executeTakeFirst())?.state;
  const becomes = async (mail: string, state: string) =>
    await vi.waitFor(async () => expect(await stateOf(mail)).toBe(state), { timeout: 20_000, interval: 50 });
  const sentBy = (name: string) => here.resend.sent.filter(({ email }) => email.from.includes(`${name}@`));

  it('answers a mail whose job it was woken for, and a wake-up that comes twice, or late, does nothing', async () => {
    const before = await here.turns();
    const mail = await here.mail(agent, 'Mail one');
    await Promise.all([here.wake('jobs'), here.wake('jobs'), here.wake('jobs')]);
    await becomes(mail, 'replied');
    await Promise.all([here.wake('jobs'), here.wake('deliveries'), here.wake('reports')]);
    const next = await here.mail(agent, 'Mail two');
    await here.wake('jobs');
    await becomes(next, 'replied');
    expect(sentBy(agent).map(({ email }) => email.text)).toEqual([
      expect.stringContaining('Answer 1 to Mail one'),
      expect.stringContaining('Answer 1 to Mail two'),
    ]);
    expect((await here.turns()) - before).toBe(2);
  });

  it('finds the row of a wake-up that was lost by its sweep', async () => {
    const mail = await here.mail(agent, 'Mail lost');
    await here.sweep();
    await becomes(mail, 'replied');
    expect(sentBy(agent)).toHaveLength(1);
  });

  it('answers a command without a turn', async () => {
    const before = await here.turns();
    const mail = await here.mail(agent, '/help');
    await here.wake('jobs');
    await becomes(mail, 'command');
    expect(sentBy(agent)[0]?.email.text).toContain('/clear');
    expect(await here.turns()).toBe(before);
  });

  it('works on what the provider reports of a mail that it sent, and files the mail anew', async () => {
    const mail = await here.mail(agent, 'Mail that bounces');
    await here.wake('jobs');
    await becomes(mail, 'replied');
    await here.bounce(sentBy(agent)[0]?.id ?? '', 'owner@example.com');
    await here.wake('webhook_events');
    await becomes(mail, 'failed');
    await vi.waitFor(async () => expect(await here.failedRecords(agent)).toHaveLength(1), {
      timeout: 10_000,
    });
  });

  it('tries a job that fails again by messages that come later, and ends it with an error mail', async () => {
    const before = await here.turns();
    const mail = await here.mail(agent, 'Crash please');
    await here.wake('jobs');
    await becomes(mail, 'failed');
    expect((await here.turns()) - before).toBe(3);
    await vi.waitFor(() => expect(sentBy(agent)).toHaveLength(1), { timeout: 10_000 });
    expect(sentBy(agent)[0]?.email.text).toContain('Your mail got no answer');
    const job = await here.db
      .selectFrom('jobs')
      .select(['state', 'attempts'])
      .where('mail_id', '=', mail)
      .executeTakeFirst();
    expect(job).toEqual({ state: 'failed', attempts: 3 });
  });

  it('settles nothing under a lease that is over: the attempt after it gives the one answer', async () => {
    const before = await here.turns();
    const mail = await here.mail(agent, 'Slow one');
    await here.wake('jobs');
    await vi.waitFor(async () => expect((await here.turns()) - before).toBe(1), { timeout: 10_000 });
    expect(await here.endLeases()).toBe(1);
    expect(await here.consumer()).toMatchObject({ outcome: 'ok', explicitAcks: [expect.any(String)] });
    expect((await here.turns()) - before).toBe(2);
    await becomes(mail, 'replied');
    // The queue goes on when the first consumer has ended.
    const next = await here.mail(agent, 'Mail after');
    await here.wake('jobs');
    await becomes(next, 'replied');
    const runs = await here.db
      .selectFrom('runs')
      .select(['status', 'attempt'])
      .where('mail_id', '=', mail)
      .execute();
    expect(runs).toEqual([{ status: 'done', attempt: 2 }]);
    expect(sentBy(agent).map(({ email }) => email.subject)).toEqual(['Re: Slow one', 'Re: Mail after']);
  });

  it('sends a mail once although the invocation is killed after the provider took it', async () => {
    const mail = await here.mail(agent, 'Mail killed');
    here.resend.fail({ kind: 'silence', taken: true });
    await here.wake('jobs');
    await vi.waitFor(() => expect(sentBy(agent)).toHaveLength(1), { timeout: 10_000 });
    await here.restart();
    await here.sweep();
    expect(await stateOf(mail)).toBe('queued');
    await here.db
      .updateTable('deliveries')
      .set({ lease_until: 1 })
      .where('mail_id', '=', mail)
      .where('state', '=', 'sending')
      .execute();
    await here.sweep();
    await becomes(mail, 'replied');
    expect(sentBy(agent)).toHaveLength(1);
    const [first, second] = here.resend.requests.filter(({ body }) => body.includes('Mail killed'));
    expect(second?.headers['idempotency-key']).toBe(first?.headers['idempotency-key']);
  });
});
