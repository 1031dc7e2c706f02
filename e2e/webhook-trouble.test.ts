/** Nothing that Resend told of is lost: whatever fails on the way, the mail comes to the door once, or is seen waiting. */
import { afterEach, describe, expect, it } from 'vitest';
import { sendMail } from './support/mail.ts';
import { SCOUT, signedMail, startWebhookWorld, type WebhookWorld } from './support/webhooks.ts';

const failure = (status: number, name: string, headers: Record<string, string> = {}) => ({
  status,
  body: { statusCode: status, name, message: `the stand-in was asked for ${name}` },
  headers,
});

describe('a mail that Resend told of', () => {
  let world: WebhookWorld;
  afterEach(() => world?.dispose());

  it('is asked for again after 429, 500, an expired address and a cut download', async () => {
    world = await startWebhookWorld();
    const { inbox } = world.resend;
    inbox.failNext(
      'mail',
      failure(429, 'rate_limit_exceeded', { 'retry-after': '1' }),
      failure(500, 'internal'),
    );
    inbox.failNext('raw', { status: 403, body: 'Request has expired' }, 'cut', { status: 500, body: '' });
    const began = Date.now();
    await world.arrive(await signedMail('/help'));
    const event = await world.event('done');
    expect(event).toMatchObject({ attempts: 6, reason: null });
    expect(Date.now() - began).toBeGreaterThan(1000);
    expect(await world.mails(1)).toHaveLength(1);
  });

  it('is shown with the reason while it can not be had', async () => {
    world = await startWebhookWorld({ environment: { RETRY_BASE_MS: '60000' } });
    world.resend.inbox.failNext('mail', failure(401, 'restricted_api_key'));
    await world.arrive(await signedMail('/help'));
    let event = await world.event('pending');
    while (event.reason === null) event = await world.event('pending');
    expect(event).toMatchObject({
      kind: 'received',
      attempts: 1,
      reason_code: 'webhook_fetch_failed',
      reason: expect.stringMatching(/restricted_api_key.*RESEND_API_KEY must have full access/),
    });
    const { stdout } = await world.server.cli(['webhooks']);
    expect(stdout).toMatch(/received +pending .* 1$/m);
    await world.server.restart();
    await world.mails(1);
  });

  it('is tried again while the DNS of its sender is silent, and is no row until then', async () => {
    world = await startWebhookWorld({ environment: { DNS_SERVERS: '127.0.0.1:9' } });
    await world.arrive(await signedMail('/help'));
    let event = await world.event('pending');
    while (event.reason === null) event = await world.event('pending');
    expect(event).toMatchObject({ reason_code: 'webhook_put_off' });
    expect(await world.server.json(['mails'])).toEqual([]);
  });

  it('comes to the door once when the server dies between the 200 and the door', async () => {
    world = await startWebhookWorld();
    world.resend.inbox.failNext('raw', 'silence');
    await world.arrive(await signedMail('[[reply: Once.]]'));
    await world.resend.inbox.downloaded(1);
    await world.server.kill('SIGKILL');
    await world.server.restart();
    await world.resend.received(1);
    expect(await world.server.json(['mails'])).toHaveLength(1);
    expect(await world.event('done')).toMatchObject({ attempts: 2 });
  });

  it('is found in the list when the server was down, once, and nothing from before the first start', async () => {
    world = await startWebhookWorld();
    const { inbox } = world.resend;
    inbox.take({
      raw: await signedMail('old'),
      from: 'o@example.com',
      to: [SCOUT],
      at: Date.now() - 600_000,
    });
    const told = await world.arrive(await signedMail('/help', { Subject: 'told' }));
    await world.event('done', told);
    await world.server.kill('SIGKILL');
    for (let number = 1; number <= 130; number += 1) {
      const raw = await signedMail('', { Subject: `missed ${number}`, To: 'nobody@tinyfat.localhost' });
      inbox.take({
        raw,
        from: 'owner@example.com',
        to: ['nobody@tinyfat.localhost'],
        at: Date.now() + number,
      });
    }
    inbox.take({
      raw: await signedMail('/help', { Subject: 'missed' }),
      from: 'owner@example.com',
      to: [SCOUT],
      at: Date.now() + 200,
    });
    inbox.failNext('list', failure(500, 'internal'));
    await world.server.restart();
    const mails = await world.mails(2);
    expect(mails.map(({ subject }) => subject)).toEqual(['missed', 'told']);
    expect(await world.server.json(['webhooks', '--limit', '500'])).toHaveLength(132);
    expect(world.server.output()).toContain('reconcile_failed');
  });

  it('is a duplicate where SMTP brought it as well', async () => {
    world = await startWebhookWorld({
      environment: { SMTP_PORT: '2525', TRUSTED_CLIENTS: '127.0.0.0/8' },
    });
    await sendMail(world.server, {
      to: SCOUT,
      subject: 'Twice',
      text: '/help',
      messageId: '<both@example.com>',
    });
    const id = await world.arrive(await signedMail('/help', { 'Message-ID': '<both@example.com>' }));
    await world.event('done', id);
    const mails = await world.mails(2);
    expect(mails.map(({ verdict }) => verdict).sort()).toEqual(['accepted', 'duplicate']);
  });

  it('is not lost among two hundred at once', async () => {
    world = await startWebhookWorld({
      ratePerSecond: 40,
      environment: { SENDER_MAILS_PER_HOUR: '1000', SENDER_MAILS_PER_DAY: '1000' },
    });
    const mails = await Promise.all(
      Array.from({ length: 200 }, (_, number) => signedMail('/help', { Subject: `No ${number}` })),
    );
    await Promise.all(mails.map((raw) => world.arrive(raw)));
    const rows = await world.mails(200);
    expect(new Set(rows.map(({ subject }) => subject)).size).toBe(200);
    for (;;) {
      const events = await world.server.json(['webhooks', '--limit', '500']);
      if (events.every(({ state }: { state: string }) => state === 'done')) break;
    }
    expect(await world.mails(200)).toHaveLength(200);
  });
});
