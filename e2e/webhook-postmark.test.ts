/** Mail that Postmark posts, message and all, and what it tells of mails that it sent. */
import { randomBytes } from 'node:crypto';
import { type PostmarkStandIn, startPostmarkStandIn } from '@tinyfat/testing/stand-ins/postmark';
import { postBody, postmarkInbound, postPostmark } from '@tinyfat/testing/stand-ins/webhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, until } from './support/eventually.ts';
import {
  OWNER,
  SCOUT,
  signedMail,
  startWebhookWorld,
  unsignedMail,
  type WebhookWorld,
} from './support/webhooks.ts';

const auth = 'postmark:s3cret-of-the-webhook';
const next = 'postmark:another-s3cret';
const serverToken = 'e2e-webhook-token';

describe('a webhook of Postmark', () => {
  let world: WebhookWorld;
  let postmark: PostmarkStandIn;
  beforeAll(async () => {
    postmark = await startPostmarkStandIn({ serverToken });
    world = await startWebhookWorld({
      provider: 'postmark',
      agents: { scout: [], lupo: [] },
      environment: {
        POSTMARK_WEBHOOK_AUTH: `${next},${auth}`,
        POSTMARK_SERVER_TOKEN: serverToken,
        POSTMARK_BASE_URL: postmark.url,
      },
    });
  });
  afterAll(async () => {
    await world?.dispose();
    await postmark?.close();
  });
  const inbound = (raw: Uint8Array | null, more: Partial<Parameters<typeof postmarkInbound>[0]> = {}) =>
    postmarkInbound({ raw, from: OWNER, to: [SCOUT], ...more });
  const mailOf = (subject: string, agent = 'scout') =>
    until(
      async () =>
        (await world.server.json(['mails', agent])).find(
          (one: { subject: string }) => one.subject === subject,
        ),
      (found) => found !== undefined,
    );
  const events = async () => (await world.server.json(['webhooks'])).length;

  it('brings a mail, which is answered', async () => {
    const raw = await signedMail('[[reply: Pong, größer.]]', { Subject: 'Größe' });
    expect(await postPostmark(world.url, inbound(raw), auth)).toMatchObject({ status: 200 });
    await postmark.received(1);
    const [mail] = await world.mails(1);
    expect(mail).toMatchObject({ from: OWNER, client_address: 'postmark', verdict: 'accepted' });
    expect((await world.server.cli(['mails', 'raw', mail.id])).stdout).toBe(raw.toString());
    expect(postmark.sent[0]?.email.TextBody).toContain('Pong, größer.');
    expect(await world.event('done')).toMatchObject({ provider: 'postmark', kind: 'received' });
  });

  it('brings a mail with a file of 20 MiB, which stands in the webhook twice', async () => {
    const file = randomBytes(20 * 1024 * 1024).toString('base64');
    const lines = file.replaceAll(/.{76}/g, '$&\r\n');
    const part = `--b\r\nContent-Type: application/octet-stream; name=a.bin\r\nContent-Transfer-Encoding: base64\r\n\r\n${lines}`;
    const type = 'multipart/mixed; boundary=b';
    const body = `--b\r\n\r\n/help\r\n${part}\r\n--b--`;
    const raw = await signedMail(body, { Subject: 'large', 'MIME-Version': '1.0', 'Content-Type': type });
    const attachments = [{ Name: 'a.bin', Content: file, ContentType: 'application/octet-stream' }];
    const mail = { ...inbound(raw), Attachments: attachments };
    expect(await postPostmark(world.url, mail, auth)).toMatchObject({ status: 200 });
    expect(await mailOf('large')).toMatchObject({ verdict: 'accepted', bytes: raw.length });
  });

  it('goes to the original recipient, whoever the header names', async () => {
    const raw = await signedMail('/help', { Subject: 'for lupo', To: `${SCOUT}, lupo@tinyfat.localhost` });
    const mail = inbound(raw, { originalRecipient: 'Lupo@tinyfat.localhost' });
    await postPostmark(world.url, mail, auth);
    expect(await mailOf('for lupo', 'lupo')).toMatchObject({ verdict: 'accepted' });
    const subjects = (await world.server.json(['mails', 'scout'])).map(
      (one: { subject: string }) => one.subject,
    );
    expect(subjects).not.toContain('for lupo');
  });

  it('is told again after a 200 that got lost, and is one mail', async () => {
    const raw = await signedMail('/help', { Subject: 'again' });
    const mail = inbound(raw);
    const before = await events();
    await postPostmark(world.url, mail, auth);
    await postPostmark(world.url, mail, next);
    await mailOf('again');
    expect(await events()).toBe(before + 1);
  });

  it.each([
    ['without a password', null],
    ['with a wrong one', 'postmark:wrong'],
    ['with a part of the right one', auth.slice(0, -1)],
    ['with an empty one', ':'],
  ])('is refused %s', async (_what, credentials) => {
    const before = await events();
    const reply = await postPostmark(world.url, inbound(await signedMail('/help')), credentials);
    expect(reply).toMatchObject({ status: 401, code: 'webhook_unauthorized' });
    expect(await events()).toBe(before);
  });

  it('without the raw content is put off, and the log says what to switch on', async () => {
    const reply = await postPostmark(world.url, inbound(null), auth);
    expect(reply).toMatchObject({ status: 503, code: 'webhook_raw_missing' });
    await eventually(() => world.server.output()).toContain('Include raw email content');
  });

  it('that nobody can read is refused', async () => {
    const authorization = `Basic ${Buffer.from(auth).toString('base64')}`;
    const reply = await postBody(`${world.url}/webhooks/postmark`, '[1', { authorization });
    expect(reply).toMatchObject({ status: 400, code: 'webhook_malformed' });
  });

  it('brings a forged mail: a row that says so, and no answer', async () => {
    const raw = unsignedMail('x', { Subject: 'forged' });
    await postPostmark(world.url, inbound(raw), auth);
    expect(await mailOf('forged')).toMatchObject({ verdict: 'refused', reason_code: 'dmarc_failed' });
  });

  it('brings a mail beyond the size limit: a row that says so', async () => {
    const raw = unsignedMail('x'.repeat(37 * 1024 * 1024), { Subject: 'too large' });
    const before = (await world.mails(0)).length;
    await postPostmark(world.url, inbound(raw), auth);
    const [mail] = await world.mails(before + 1);
    expect(mail).toMatchObject({ verdict: 'refused', reason_code: 'too_large' });
    expect(mail.bytes).toBeGreaterThan(37 * 1024 * 1024);
  });

  it('tells that a mail was delivered, came back, or was called spam', async () => {
    const raw = await signedMail('[[reply: For news.]]', { Subject: 'news' });
    const count = postmark.sent.length + 1;
    await postPostmark(world.url, inbound(raw), auth);
    await postmark.received(count);
    const MessageID = postmark.sent.at(-1)?.id;
    const newest = (is: (row: Record<string, unknown>) => boolean) =>
      until(
        async () => (await world.server.json(['outbox', 'list']))[0],
        (row) => row !== undefined && is(row),
      );
    const about = { MessageID, ServerID: 1, MessageStream: 'outbound', From: SCOUT };
    const DeliveredAt = new Date().toISOString();
    await postPostmark(
      world.url,
      { RecordType: 'Delivery', ...about, Recipient: OWNER, DeliveredAt, Details: 'smtp; 250' },
      auth,
    );
    expect(await newest((row) => row.delivered !== null)).toMatchObject({ state: 'sent' });
    const bounce = { RecordType: 'Bounce', ...about, Email: OWNER, Description: 'The server said no.' };
    await postPostmark(world.url, { ...bounce, ID: 1, Type: 'SoftBounce', Details: '452 full' }, auth);
    expect(await newest((row) => row.reason !== null)).toMatchObject({ state: 'sent' });
    await postPostmark(world.url, { ...bounce, ID: 2, Type: 'HardBounce', Details: '550 gone' }, auth);
    expect(await newest((row) => row.state === 'bounced')).toMatchObject({
      reason: expect.stringContaining('550 gone'),
    });
    expect(await world.server.json(['outbox', 'suppressed', 'scout'])).toMatchObject([{ code: 'bounced' }]);
    await postPostmark(world.url, { RecordType: 'SpamComplaint', ...about, ID: 3, Email: OWNER }, auth);
    await until(
      () => world.server.json(['outbox', 'suppressed', 'scout']),
      ([one]) => one.code === 'complained',
    );
  });
});
