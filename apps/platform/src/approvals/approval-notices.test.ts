/** The mail that tells an owner of a mail to be approved: one for each, to the owner alone, with a link that opens it. */
import type { MailTransport, SendOutcome } from '@tinyfat/core';
import { insertDeliveries, resumeSending, stopSending, suppress } from '@tinyfat/database';
import { drain } from '@tinyfat/jobs';
import { farWorker } from '@tinyfat/testing/workers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { signInKey } from '../accounts/sign-in-key.ts';
import { ANN, type ApiFixture, openApi } from '../api/test-support/api.ts';
import { addHeld, EVE, rowOf } from '../api/test-support/held.ts';
import { approvalNoticeWork } from './approval-notices.ts';
import { openDecisionLink } from './decision-link.ts';

describe('the notice of a mail to be approved', () => {
  let api: ApiFixture;
  const key = signInKey(new Uint8Array(32).fill(7));
  const sent: { sender: string; recipients: readonly string[]; text: string; key: string }[] = [];
  let outcome: SendOutcome;
  beforeEach(async () => {
    sent.length = 0;
    outcome = { state: 'sent', providerId: null, recipientsRefused: [] };
    api = await openApi();
    await api.addAgent('scout', ANN);
    await api.addMail('m-1');
    await hold('d-1');
  });
  afterEach(() => api.dispose());

  /** As the consumer writes it. */
  async function hold(id: string): Promise<void> {
    await addHeld(api, { id });
    const row = await rowOf(api, id);
    const raw = await api.rawMail.get(row.raw_key);
    await api.db.deleteFrom('deliveries').where('id', '=', id).execute();
    const { seq: _, ...rest } = row;
    await insertDeliveries(api.db, [{ ...rest, created_at: api.now }]);
    await api.rawMail.put(row.raw_key, raw);
  }
  async function send(idempotent = false): Promise<void> {
    const transport: MailTransport = {
      name: 'smtp',
      idempotent,
      async send({ sender, recipients }, raw, idempotencyKey) {
        const read = await api.deps.composer.readComposed(raw);
        sent.push({ sender, recipients, text: read.ok ? read.mail.text : '', key: idempotencyKey });
        return outcome;
      },
      close: async () => {},
    };
    const work = approvalNoticeWork({
      db: api.db,
      clock: () => api.now,
      worker: farWorker(),
      leaseMs: 30_000,
      key,
      workers: api.deps.composer,
      rawMail: api.rawMail,
      transport,
      random: () => 0.5,
      logger: api.deps.logger,
      publicUrl: new URL('https://agents.example.org'),
      mailDomain: 'agents.example.org',
      retryBaseMs: 600_000,
    });
    await drain(work, api.now + 60_000);
  }
  const state = async (id = 'd-1') =>
    (
      await api.db
        .selectFrom('approval_notices')
        .select('state')
        .where('delivery_id', '=', id)
        .executeTakeFirst()
    )?.state;
  const tokenIn = (text: string) =>
    /https:\/\/agents\.example\.org\/decide\?token=(\S+)/.exec(text)?.[1] ?? '';

  it('goes to the owner alone, once, with whom the mail is for and why it waits', async () => {
    await send();
    await send();
    expect(sent).toHaveLength(1);
    const [{ sender, recipients, text } = { sender: '', recipients: [], text: '' }] = sent;
    expect([sender, recipients]).toEqual(['noreply@agents.example.org', [ANN]]);
    for (const part of [`To: ${ANN}, ${EVE}`, 'Subject: Re: Hello', `The mail goes to ${EVE}.`]) {
      expect(text).toContain(part);
    }
    expect(await state()).toBe('sent');
    // Of its words, which are a stranger's too, the notice has none.
    expect(text).not.toContain('Done.');
  });

  it('has a link that opens this mail as it is', async () => {
    await send();
    const token = tokenIn(sent[0]?.text ?? '');
    const digest = (await api.person(ANN).get('/outbox/d-1/approval')).json.content.digest;
    expect(await openDecisionLink({ db: api.db, key, now: api.now }, token)).toMatchObject({
      ok: true,
      deliveryId: 'd-1',
      owner: ANN,
      digest,
    });
    expect(JSON.stringify(api.log)).not.toContain(token);
    expect(JSON.stringify(api.log)).not.toContain(ANN);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['is decided already', () => api.person(ANN).call('POST', '/outbox/d-1/reject')],
    ['is of an agent that is deleted', () => api.person(ANN).call('DELETE', '/agents/scout')],
    [
      'is for an owner whom mail does not reach',
      () =>
        suppress(api.db, [
          {
            agent_id: 'scout',
            address: ANN,
            code: 'bounced',
            reason: '550',
            delivery_id: 'd-1',
            created_at: 1,
          },
        ]),
    ],
  ])('is not sent of a mail that %s', async (_, change) => {
    await change();
    await send();
    expect([sent, await state()]).toEqual([[], 'dropped']);
  });

  it('is not sent for more than twenty mails of an agent in an hour', async () => {
    for (let made = 2; made <= 23; made++) {
      api.now += 1000;
      await hold(`d-${made}`);
    }
    await send();
    expect(sent).toHaveLength(20);
    api.now += 2 * 3_600_000;
    await hold('later');
    await send();
    expect(sent).toHaveLength(21);
  });

  it('waits while all sending is stopped', async () => {
    await stopSending(api.db, { at: api.now, by: null });
    await send();
    expect([sent, await state()]).toEqual([[], 'pending']);
    await resumeSending(api.db);
    await send();
    expect(await state()).toBe('sent');
  });

  it('is tried again only where the provider has surely not taken it', async () => {
    outcome = { state: 'temporary', reason: `451 for ${ANN}` };
    await send();
    expect(await state()).toBe('pending');
    api.now += 3_600_000;
    outcome = { state: 'unknown', reason: 'The connection broke.' };
    await send();
    expect([sent.length, await state()]).toEqual([2, 'failed']);
    expect(new Set(sent.map((one) => one.key))).toEqual(new Set(['approval-notice-d-1']));
    expect(JSON.stringify(api.log)).not.toContain(ANN);
  });
});
