/** Replies through Postmark's API, which sends a mail as often as it is asked: doubt is shown and not repeated. */
import {
  type PostmarkStandIn,
  postmarkError,
  startPostmarkStandIn,
} from '@tinyfat/testing/stand-ins/postmark';
import { beforeAll, describe, expect, it } from 'vitest';
import { atEnd } from './support/at-end.ts';
import { sendMail } from './support/mail.ts';
import { newestDelivery, outboxRecords } from './support/outbox.ts';
import { startStory } from './support/story.ts';
import type { Tinyfat } from './support/tinyfat.ts';

const serverToken = '5e2ee1f0-e2e0-4a55-9c1d-token';
/** One for each test. */
const AGENTS = ['ponger', 'killed', 'cut', 'patient', 'inactive'];

describe('Postmark', () => {
  let postmark: PostmarkStandIn;
  let server: Tinyfat;
  beforeAll(async () => {
    postmark = await startPostmarkStandIn({ serverToken });
    atEnd(() => postmark.close());
    ({ server } = await startStory({
      agents: Object.fromEntries(AGENTS.map((name) => [name, []])),
      environment: { POSTMARK_SERVER_TOKEN: serverToken, POSTMARK_BASE_URL: postmark.url },
    }));
  });
  const send = (agent: string, text: string, more: { subject?: string } = {}) =>
    sendMail(server, { to: `${agent}@tinyfat.localhost`, text, ...more });
  const state = (agent: string, want: string) => newestDelivery(server, want, agent);
  /** First lines of what Postmark took from an agent. */
  const taken = (agent: string) =>
    postmark.sent
      .filter(({ email }) => email.From.includes(`${agent}@`))
      .map(({ email }) => email.TextBody?.split('\n')[0]);

  it('gets the reply of a turn once, in its thread, under our Message-ID', async () => {
    const id = await send('ponger', '[[reply: Pong.]]', { subject: 'Ping' });
    await state('ponger', 'sent');
    expect(postmark.sent).toHaveLength(1);
    const [record] = await outboxRecords(server, 'sent', 'ponger');
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
    const before = postmark.sent.length;
    postmark.fail({ kind: 'gate', name: 'taken' });
    await send('killed', '[[reply: Perhaps.]]');
    await postmark.arrived('taken');
    await server.kill('SIGKILL');
    postmark.release('taken');
    await server.restart();
    const row = await state('killed', 'uncertain');
    expect(row.reason).toMatch(/may or may not/i);
    expect(await server.json(['mails', 'killed'])).toMatchObject([{ state: 'failed' }]);
    await send('killed', '[[reply: Next.]]');
    await postmark.received(before + 2);
    expect(taken('killed')).toEqual(['Perhaps.', 'Next.']);
    expect((await server.cli(['outbox', 'retry', row.id])).code).toBe(0);
    await postmark.received(before + 3);
    expect(taken('killed')).toEqual(['Perhaps.', 'Next.', 'Perhaps.']);
  });

  it('is not asked again when the connection broke after it took the mail', async () => {
    const before = postmark.requests.length;
    postmark.fail({ kind: 'reset', taken: true });
    await send('cut', '[[reply: Perhaps.]]');
    expect(await state('cut', 'uncertain')).toMatchObject({ attempts: 1 });
    expect(postmark.requests).toHaveLength(before + 1);
  });

  it('is asked again after 429 and while it is closed for maintenance', async () => {
    postmark.fail(postmarkError(429, 0), postmarkError(503, 100));
    await send('patient', '[[reply: Patience.]]');
    expect(await state('patient', 'sent')).toMatchObject({ attempts: 3 });
    expect(taken('patient')).toHaveLength(1);
  });

  it('has people suppressed whom it holds inactive', async () => {
    postmark.inactive.add('owner@example.com');
    await send('inactive', '[[reply: Nobody home.]]');
    await state('inactive', 'failed');
    expect(await outboxRecords(server, 'failed', 'inactive')).toMatchObject([
      { error: expect.stringContaining('inactive') },
    ]);
    expect(await server.json(['outbox', 'suppressed'])).toMatchObject([{ address: 'owner@example.com' }]);
  });
});
