/** Replies through Resend's API: what it says decides what becomes of a delivery, and a crash doubles nothing. */

import { type AnthropicStandIn, startAnthropicStandIn } from '@tinyfat/testing/stand-ins/anthropic';
import { type ResendStandIn, resendError, startResendStandIn } from '@tinyfat/testing/stand-ins/resend';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sendMail } from './support/mail.ts';
import { newestDelivery, outboxRecords } from './support/outbox.ts';
import { startTinyfat, type Tinyfat } from './support/tinyfat.ts';

const apiKey = 're_e2e_6b1f0c9d7a';
const to = 'scout@tinyfat.localhost';

describe('Resend', () => {
  let model: AnthropicStandIn;
  let resend: ResendStandIn;
  let server: Tinyfat;
  beforeEach(async () => {
    model = await startAnthropicStandIn();
    resend = await startResendStandIn({ apiKey, domains: ['tinyfat.localhost'] });
  });
  afterEach(async () => {
    await server?.dispose();
    await resend?.close();
    await model?.close();
  });
  const start = async (environment: Record<string, string> = {}) => {
    server = await startTinyfat({
      environment: {
        ANTHROPIC_API_KEY: 'k',
        ANTHROPIC_BASE_URL: model.url,
        RESEND_API_KEY: apiKey,
        RESEND_BASE_URL: resend.url,
        ...environment,
      },
      agents: { scout: [] },
    });
  };
  const state = (want: string) => newestDelivery(server, want);
  const outbox = (folder: 'sent' | 'failed') => outboxRecords(server, folder);

  it('gets the reply of a turn once, in its thread, and its id is recorded', async () => {
    await start();
    const id = await sendMail(server, { to, subject: 'Ping', text: '[[reply: Pong.]]' });
    const row = await state('sent');
    expect(resend.sent).toHaveLength(1);
    expect(resend.sent[0]).toMatchObject({
      idempotencyKey: row.id,
      email: {
        from: `scout <${to}>`,
        to: ['Owner <owner@example.com>'],
        subject: 'Re: Ping',
        text: expect.stringContaining('Pong.'),
        html: expect.stringContaining('Pong.'),
        headers: { 'In-Reply-To': id, References: id, 'Auto-Submitted': 'auto-replied', 'X-Loop': to },
      },
    });
    expect(await outbox('sent')).toMatchObject([
      { status: 'sent', provider: 'resend', provider_id: resend.sent[0]?.id },
    ]);
    expect(await server.json(['mails'])).toMatchObject([{ state: 'replied' }]);
  });

  it('has one mail when the server dies between the request and its record', async () => {
    await start();
    resend.fail({ kind: 'gate', name: 'taken' });
    await sendMail(server, { to, text: '[[reply: Only once.]]' });
    await resend.arrived('taken');
    await server.kill('SIGKILL');
    await server.restart();
    // The first request is still in progress there: the second is told to come back.
    await state('pending');
    resend.release('taken');
    await state('sent');
    expect(resend.sent).toHaveLength(1);
    expect(resend.requests.length).toBeGreaterThan(1);
    expect(new Set(resend.requests.map(({ body }) => body)).size).toBe(1);
    expect(await server.json(['mails'])).toMatchObject([{ state: 'replied' }]);
  });

  it('is asked again after 429, 500 and a cut connection, and has one mail', async () => {
    await start();
    resend.fail(
      resendError(429, 'rate_limit_exceeded', { 'retry-after': '1' }),
      resendError(500, 'application_error'),
      { kind: 'reset', taken: true },
    );
    await sendMail(server, { to, text: '[[reply: Patience.]]' });
    expect(await state('sent')).toMatchObject({ attempts: 4 });
    expect(resend.sent).toHaveLength(1);
  });

  it('parks mail when the quota is used up, and the owner sees why', async () => {
    await start();
    resend.fail(resendError(429, 'daily_quota_exceeded', {}, 'You have reached your daily quota.'));
    await sendMail(server, { to, text: '[[reply: Later.]]' });
    let row = await state('pending');
    while (row.reason === null) row = await state('pending');
    expect(row).toMatchObject({
      attempts: 0,
      reason: expect.stringMatching(/may not send at present.*You have reached your daily quota/),
    });
    expect(resend.sent).toEqual([]);
    await sendMail(server, { to, text: '[[reply: Next.]]' });
    await state('sent');
    expect(resend.sent).toHaveLength(1);
  });

  it('is believed when it refuses for good: the mail goes to failed/ with the reason and what to do', async () => {
    await start({ MAIL_DOMAIN: 'unverified.example', TRUSTED_CLIENTS: '127.0.0.0/8' });
    await sendMail(server, { to: 'scout@unverified.example', text: '[[reply: Nobody home.]]' });
    const row = await state('failed');
    expect(row).toMatchObject({ attempts: 1 });
    expect(await outbox('failed')).toMatchObject([
      {
        status: 'failed',
        body: 'Nobody home.',
        error: expect.stringMatching(
          new RegExp(`unverified\\.example domain is not verified.*MAIL_DOMAIN.*outbox retry ${row.id}`),
        ),
      },
    ]);
    expect(await server.json(['mails'])).toMatchObject([{ state: 'failed' }]);
    expect(resend.sent).toEqual([]);
  });

  it('knows the key with another payload: the delivery is uncertain and not sent again by itself', async () => {
    await start();
    resend.fail(resendError(409, 'invalid_idempotent_request'));
    await sendMail(server, { to, text: '[[reply: Perhaps.]]' });
    expect(await state('uncertain')).toMatchObject({ attempts: 1 });
    await server.restart();
    await sendMail(server, { to, text: '[[reply: Next.]]' });
    await state('sent');
    expect(resend.sent.map(({ email }) => email.text?.split('\n')[0])).toEqual(['Next.']);
  });
});
