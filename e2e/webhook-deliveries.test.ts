/** What Resend tells of mails that it sent: it counts like a report that comes by mail, whenever it comes. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from './support/eventually.ts';
import { outboxRecords } from './support/outbox.ts';
import { OWNER, SCOUT, signedMail, startWebhookWorld, type WebhookWorld } from './support/webhooks.ts';

describe('news of a mail that Resend sent', () => {
  let world: WebhookWorld;
  beforeAll(async () => {
    world = await startWebhookWorld();
  });
  afterAll(() => world?.dispose());

  const tell = (type: string, id: string, more: Record<string, unknown> = {}) =>
    world.post({
      type: `email.${type}`,
      data: { email_id: id, from: `scout <${SCOUT}>`, to: [OWNER], subject: 'Re: Ping', ...more },
    });
  /** Has an answer sent; gives Resend's id and Message-ID of it. */
  const answered = async () => {
    const count = world.resend.sent.length + 1;
    await world.arrive(await signedMail('[[reply: Pong.]]'));
    await world.resend.received(count);
    const sent = world.resend.sent.at(-1);
    if (!sent) throw new Error('nothing was sent');
    return sent;
  };
  const newest = (is: (row: Record<string, unknown>) => boolean) =>
    until(
      async () => (await world.server.json(['outbox', 'list']))[0],
      (row) => row !== undefined && is(row),
    );
  const suppressed = () => world.server.json(['outbox', 'suppressed', 'scout']);
  const bounce = { bounce: { type: 'Permanent', subType: 'NoEmail', message: '550 5.1.1 no such user' } };

  it('shows when it was delivered', async () => {
    const { id } = await answered();
    await tell('sent', id);
    await tell('delivered', id);
    expect(await newest((row) => row.delivered !== null)).toMatchObject({ state: 'sent', reason: null });
  });

  it('has the Message-ID that it went out with learned, so that a bounce by mail is recognised', async () => {
    const { id, messageId } = await answered();
    await tell('delivered', id);
    await newest((row) => row.delivered !== null);
    const raw = [
      'Return-Path: <>',
      'From: Mail Delivery System <mailer-daemon@mx.example.com>',
      `To: ${SCOUT}`,
      'Subject: Undelivered Mail Returned to Sender',
      'Message-ID: <dsn-1@mx.example.com>',
      'MIME-Version: 1.0',
      'Content-Type: multipart/report; report-type=delivery-status; boundary="r"',
      ...['', '--r', 'Content-Type: message/delivery-status', '', 'Reporting-MTA: dns; mx.example.com'],
      ...['', `Final-Recipient: rfc822; ${OWNER}`, 'Action: failed', 'Status: 5.2.2'],
      ...[
        'Diagnostic-Code: smtp; 552 5.2.2 mailbox full',
        '',
        '--r',
        'Content-Type: text/rfc822-headers',
        '',
      ],
      ...[`From: ${SCOUT}`, `Message-ID: ${messageId}`, '', '--r--', ''],
    ].join('\r\n');
    await world.arrive(Buffer.from(raw), { from: 'mailer-daemon@mx.example.com' });
    expect(await newest((row) => row.state === 'bounced')).toMatchObject({
      reason: expect.stringContaining('mailbox full'),
    });
  });

  it('says that it passes: only the reason changes', async () => {
    const { id } = await answered();
    await tell('delivery_delayed', id);
    expect(await newest((row) => row.reason !== null)).toMatchObject({ state: 'sent' });
    await tell('bounced', id, {
      bounce: { type: 'Transient', subType: 'MailboxFull', message: 'it is full' },
    });
    expect(await newest((row) => String(row.reason).includes('full'))).toMatchObject({ state: 'sent' });
    expect(await suppressed()).toEqual([]);
  });

  it('comes before the answer that names the mail, and waits for it', async () => {
    world.resend.fail({ kind: 'gate', name: 'answer' });
    const { id } = await answered();
    await tell('delivered', id);
    const event = await until(
      () => world.event('pending', id),
      ({ reason }) => reason !== null,
    );
    expect(event).toMatchObject({ kind: 'delivery', reason_code: 'webhook_delivery_unknown' });
    world.resend.release('answer');
    expect(await newest((row) => row.delivered !== null)).toMatchObject({ state: 'sent' });
    await world.event('done', id);
  });

  it('says that it came back: state, file, mail and suppression follow, and nothing undoes it', async () => {
    const { id } = await answered();
    await tell('bounced', id, bounce);
    const row = await newest((one) => one.state === 'bounced');
    expect(row.reason).toContain('5.1.1 no such user');
    const [mail] = await world.server.json(['mails']);
    expect(mail).toMatchObject({ state: 'failed', reason: expect.stringContaining('came back') });
    await until(
      () => outboxRecords(world.server, 'failed'),
      (failed) => failed.some(({ delivery }) => delivery === row.id),
    );
    expect(await suppressed()).toMatchObject([{ address: OWNER, code: 'bounced' }]);
    await tell('sent', id);
    await tell('delivered', id);
    expect(await newest((one) => one.delivered !== null)).toMatchObject({ state: 'bounced' });
    await world.server.cli(['outbox', 'unsuppress', 'scout', OWNER]);
    await tell('bounced', id, bounce);
    await until(
      async () => (await world.server.json(['webhooks'])).filter((one: { mail: string }) => one.mail === id),
      (events) => events.length === 4 && events.every((one: { state: string }) => one.state === 'done'),
    );
    expect(await suppressed()).toEqual([]);
  });

  it('says that somebody complained: mail to them waits for the owner', async () => {
    const { id } = await answered();
    await tell('complained', id);
    const people = await until(suppressed, ({ length }) => length > 0);
    expect(people).toMatchObject([{ address: OWNER, code: 'complained' }]);
    expect(await newest(() => true)).toMatchObject({ state: 'sent' });
    await world.server.cli(['outbox', 'unsuppress', 'scout', OWNER]);
  });

  it('names people whom it was not sent to: they are nobody to us', async () => {
    const { id } = await answered();
    await tell('bounced', id, { ...bounce, to: ['eve@evil.example'] });
    await world.event('done', id);
    expect(await newest(() => true)).toMatchObject({ state: 'sent', reason: null });
    expect(await suppressed()).toEqual([]);
  });

  it('is about a mail of another program in the same account: that is its end', async () => {
    await tell('bounced', 'other-1', { ...bounce, from: 'shop@shop.example' });
    expect(await world.event('done', 'other-1')).toMatchObject({
      reason_code: 'webhook_delivery_unknown',
      reason: expect.stringContaining('Not ours: sent by shop.example'),
    });
  });
});
