/** Replies through Postmark's API, which sends a mail as often as it is asked: doubt is shown and not repeated. */

import { type AnthropicStandIn, startAnthropicStandIn } from '@tinyfat/testing/stand-ins/anthropic';
import {
  type PostmarkStandIn,
  postmarkError,
  startPostmarkStandIn,
} from '@tinyfat/testing/stand-ins/postmark';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sendMail } from './support/mail.ts';
import { newestDelivery, outboxRecords } from './support/outbox.ts';
import { startTinyfat, type Tinyfat } from './support/tinyfat.ts';

const serverToken = '5e2ee1f0-e2e0-4a55-9c1d-token';
const to = 'scout@tinyfat.localhost';

describe('Postmark', () => {
  let model: AnthropicStandIn;
  let postmark: PostmarkStandIn;
  let server: Tinyfat;
  beforeEach(async () => {
    model = await startAnthropicStandIn();
    postmark = await startPostmarkStandIn({ serverToken });
    server = await startTinyfat({
      environment: {
        ANTHROPIC_API_KEY: 'k',
        ANTHROPIC_BASE_URL: model.url,
        POSTMARK_SERVER_TOKEN: serverToken,
        POSTMARK_BASE_URL: postmark.url,
      },
      agents: { scout: [] },
    });
  });
  afterEach(async () => {
    await server?.dispose();
    await postmark?.close();
    await model?.close();
  });
  const state = (want: string) => newestDelivery(server, want);
  const outbox = (folder: 'sent' | 'failed') => outboxRecords(server, folder);

  it('gets the reply of a turn once, in its thread, under our Message-ID', async () => {
    const id = await sendMail(server, { to, subject: 'Ping', text: '[[reply: Pong.]]' });
    await state('sent');
    expect(postmark.sent).toHaveLength(1);
    const [record] = await outbox('sent');
    expect(record).toMatchObject({ provider: 'postmark', provider_id: postmark.sent[0]?.id });
    expect(postmark.sent[0]?.email).toMatchObject({
      To: 'Owner <owner@example.com>',
      Subject: 'Re: Ping',
      TextBody: expect.stringContaining('Pong.'),
      Headers: expect.arrayContaining([
        { Name: 'In-Reply-To', Value: id },
        { Name: 'Message-ID', Value: record.message_id },
        { Name: 'X-PM-KeepID', Value: 'true' },
      ]),
    });
  });

  it('is not asked again when the server dies between the request and its record', async () => {
    postmark.fail({ kind: 'gate', name: 'taken' });
    await sendMail(server, { to, text: '[[reply: Perhaps.]]' });
    await postmark.arrived('taken');
    await server.kill('SIGKILL');
    postmark.release('taken');
    await server.restart();
    const row = await state('uncertain');
    expect(row.reason).toMatch(/may or may not/i);
    expect(await server.json(['mails'])).toMatchObject([{ state: 'failed' }]);
    await sendMail(server, { to, text: '[[reply: Next.]]' });
    await postmark.received(2);
    const texts = () => postmark.sent.map(({ email }) => email.TextBody?.split('\n')[0]);
    expect(texts()).toEqual(['Perhaps.', 'Next.']);
    expect((await server.cli(['outbox', 'retry', row.id])).code).toBe(0);
    await postmark.received(3);
    expect(texts()).toEqual(['Perhaps.', 'Next.', 'Perhaps.']);
  });

  it('is not asked again when the connection broke after it took the mail', async () => {
    postmark.fail({ kind: 'reset', taken: true });
    await sendMail(server, { to, text: '[[reply: Perhaps.]]' });
    expect(await state('uncertain')).toMatchObject({ attempts: 1 });
    expect(postmark.requests).toHaveLength(1);
  });

  it('is asked again after 429 and while it is closed for maintenance', async () => {
    postmark.fail(postmarkError(429, 0), postmarkError(503, 100));
    await sendMail(server, { to, text: '[[reply: Patience.]]' });
    expect(await state('sent')).toMatchObject({ attempts: 3 });
    expect(postmark.sent).toHaveLength(1);
  });

  it('has people suppressed whom it holds inactive', async () => {
    postmark.inactive.add('owner@example.com');
    await sendMail(server, { to, text: '[[reply: Nobody home.]]' });
    await state('failed');
    expect(await outbox('failed')).toMatchObject([{ error: expect.stringContaining('inactive') }]);
    expect(await server.json(['outbox', 'suppressed'])).toMatchObject([{ address: 'owner@example.com' }]);
  });
});
