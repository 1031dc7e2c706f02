/** Replies through Resend's API: what it says decides what becomes of a delivery, and a crash doubles nothing. */
import { type ResendStandIn, resendError, startResendStandIn } from '@tinyfat/testing/stand-ins/resend';
import { beforeAll, describe, expect, it } from 'vitest';
import { atEnd } from './support/at-end.ts';
import { until } from './support/eventually.ts';
import { sendMail } from './support/mail.ts';
import { newestDelivery, outboxRecords } from './support/outbox.ts';
import { startStory } from './support/story.ts';
import type { Tinyfat } from './support/tinyfat.ts';

const apiKey = 're_e2e_6b1f0c9d7a';
/** One for each test. */
const AGENTS = ['ponger', 'killed', 'patient', 'parked', 'other', 'refused'];

describe('Resend', () => {
  let resend: ResendStandIn;
  let server: Tinyfat;
  beforeAll(async () => {
    resend = await startResendStandIn({ apiKey, domains: ['tinyfat.localhost'] });
    atEnd(() => resend.close());
    ({ server } = await startStory({
      agents: Object.fromEntries(AGENTS.map((name) => [name, []])),
      environment: { RESEND_API_KEY: apiKey, RESEND_BASE_URL: resend.url },
    }));
  });
  const send = (agent: string, text: string, more: { subject?: string; to?: string } = {}) =>
    sendMail(server, { to: `${agent}@tinyfat.localhost`, text, ...more });
  const state = (agent: string, want: string) => newestDelivery(server, want, agent);
  /** What Resend took from an agent. */
  const taken = (agent: string) => resend.sent.filter(({ email }) => email.from.includes(`${agent}@`));

  it('gets the reply of a turn once, in its thread, and its id is recorded', async () => {
    const address = 'ponger@tinyfat.localhost';
    const id = await send('ponger', '[[reply: Pong.]]', { subject: 'Ping' });
    const row = await state('ponger', 'sent');
    expect(resend.sent).toHaveLength(1);
    expect(resend.sent[0]).toMatchObject({
      idempotencyKey: row.id,
      email: {
        from: `ponger <${address}>`,
        to: ['Owner <owner@example.com>'],
        subject: 'Re: Ping',
        text: expect.stringContaining('Pong.'),
        html: expect.stringContaining('Pong.'),
        headers: {
          'In-Reply-To': id,
          References: id,
          'Auto-Submitted': 'auto-replied',
          'X-Loop': address,
        },
      },
    });
    expect(await outboxRecords(server, 'sent', 'ponger')).toMatchObject([
      { status: 'sent', provider: 'resend', provider_id: resend.sent[0]?.id },
    ]);
    expect(await server.json(['mails', 'ponger'])).toMatchObject([{ state: 'replied' }]);
  });

  it('has one mail when the server dies between the request and its record', async () => {
    const before = resend.requests.length;
    resend.fail({ kind: 'gate', name: 'taken' });
    await send('killed', '[[reply: Only once.]]');
    await resend.arrived('taken');
    await server.kill('SIGKILL');
    await server.restart();
    // The first request is still in progress there: the second is told to come back.
    await state('killed', 'pending');
    resend.release('taken');
    await state('killed', 'sent');
    expect(taken('killed')).toHaveLength(1);
    const requests = resend.requests.slice(before);
    expect(requests.length).toBeGreaterThan(1);
    expect(new Set(requests.map(({ body }) => body)).size).toBe(1);
    expect(await server.json(['mails', 'killed'])).toMatchObject([{ state: 'replied' }]);
  });

  it('is asked again after 429, 500 and a cut connection, and has one mail', async () => {
    resend.fail(
      resendError(429, 'rate_limit_exceeded', { 'retry-after': '1' }),
      resendError(500, 'application_error'),
      { kind: 'reset', taken: true },
    );
    await send('patient', '[[reply: Patience.]]');
    expect(await state('patient', 'sent')).toMatchObject({ attempts: 4 });
    expect(taken('patient')).toHaveLength(1);
  });

  it('parks mail when the quota is used up, and the owner sees why', async () => {
    resend.fail(resendError(429, 'daily_quota_exceeded', {}, 'You have reached your daily quota.'));
    await send('parked', '[[reply: Later.]]');
    const row = await until(
      () => state('parked', 'pending'),
      ({ reason }) => reason !== null,
    );
    expect(row).toMatchObject({
      attempts: 0,
      reason: expect.stringMatching(/may not send at present.*You have reached your daily quota/),
    });
    expect(taken('parked')).toEqual([]);
    await send('parked', '[[reply: Next.]]');
    await state('parked', 'sent');
    expect(taken('parked')).toHaveLength(1);
  });

  it('knows the key with another payload: the delivery is uncertain and not sent again by itself', async () => {
    resend.fail(resendError(409, 'invalid_idempotent_request'));
    await send('other', '[[reply: Perhaps.]]');
    expect(await state('other', 'uncertain')).toMatchObject({ attempts: 1 });
    await server.restart();
    await send('other', '[[reply: Next.]]');
    await state('other', 'sent');
    expect(taken('other').map(({ email }) => email.text?.split('\n')[0])).toEqual(['Next.']);
  });

  it('is believed when it refuses for good: the mail goes to failed/ with the reason and what to do', async () => {
    await server.restart({ MAIL_DOMAIN: 'unverified.example', TRUSTED_CLIENTS: '127.0.0.0/8' });
    await send('refused', '[[reply: Nobody home.]]', { to: 'refused@unverified.example' });
    const row = await state('refused', 'failed');
    expect(row).toMatchObject({ attempts: 1 });
    expect(await outboxRecords(server, 'failed', 'refused')).toMatchObject([
      {
        status: 'failed',
        body: 'Nobody home.',
        error: expect.stringMatching(
          new RegExp(`unverified\\.example domain is not verified.*MAIL_DOMAIN.*outbox retry ${row.id}`),
        ),
      },
    ]);
    expect(await server.json(['mails', 'refused'])).toMatchObject([{ state: 'failed' }]);
    expect(taken('refused')).toEqual([]);
  });
});
