/** Nothing that Resend told of is lost: whatever fails on the way, the mail comes to the intake once, or is seen waiting. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, until } from './support/eventually.ts';
import { sendMail } from './support/mail.ts';
import { signedMail, startWebhookWorld, type WebhookWorld } from './support/webhooks.ts';

const failure = (status: number, name: string, headers: Record<string, string> = {}) => ({
  status,
  body: { statusCode: status, name, message: `the stand-in was asked for ${name}` },
  headers,
});

/** One for each test. */
const AGENTS = ['patient', 'twice', 'crowd', 'killed', 'missed', 'shown', 'unchecked'];
const at = (agent: string) => `${agent}@tinyfat.localhost`;

describe('a mail that Resend told of', () => {
  let world: WebhookWorld;
  beforeAll(async () => {
    world = await startWebhookWorld({
      agents: Object.fromEntries(AGENTS.map((name) => [name, []])),
      // Less than two hundred mails and their answers would ask for.
      ratePerSecond: 60,
      environment: {
        SMTP_PORT: '2525',
        TRUSTED_CLIENTS: '127.0.0.0/8',
        SENDER_MAILS_PER_HOUR: '1000',
        SENDER_MAILS_PER_DAY: '1000',
      },
    });
  });
  afterAll(() => world?.dispose());
  /** A mail of the owner to one agent comes in; gives Resend's id of it. */
  const arrive = async (agent: string, body = '/help', headers: Record<string, string> = {}) =>
    world.arrive(await signedMail(body, { To: at(agent), ...headers }), { to: [at(agent)] });
  const sent = (agent: string) => world.resend.sent.filter(({ email }) => email.from.includes(at(agent)));
  const pendingWithReason = (id: string) =>
    until(
      () => world.event('pending', id),
      ({ reason }) => reason !== null,
    );

  it('is asked for again after 429, 500, an expired address and a cut download', async () => {
    const { inbox } = world.resend;
    inbox.failNext(
      'mail',
      failure(429, 'rate_limit_exceeded', { 'retry-after': '1' }),
      failure(500, 'internal'),
    );
    inbox.failNext('raw', { status: 403, body: 'Request has expired' }, 'cut', { status: 500, body: '' });
    const began = Date.now();
    const event = await world.event('done', await arrive('patient'));
    expect(event).toMatchObject({ attempts: 6, reason: null });
    expect(Date.now() - began).toBeGreaterThan(1000);
    expect(await world.mails(1, 'patient')).toHaveLength(1);
  });

  it('is a duplicate where SMTP brought it as well', async () => {
    const messageId = '<both@example.com>';
    await sendMail(world.server, { to: at('twice'), subject: 'Twice', text: '/help', messageId });
    await world.event('done', await arrive('twice', '/help', { 'Message-ID': messageId }));
    const mails = await world.mails(2, 'twice');
    expect(mails.map(({ verdict }) => verdict).sort()).toEqual(['accepted', 'duplicate']);
  });

  it('is not lost among two hundred at once', async () => {
    const before = world.resend.sent.length;
    const ids = await Promise.all(
      Array.from({ length: 200 }, (_, number) => arrive('crowd', '/help', { Subject: `No ${number}` })),
    );
    await world.resend.received(before + 200);
    const rows = await world.mails(200, 'crowd');
    expect(new Set(rows.map(({ subject }) => subject)).size).toBe(200);
    const isDone = (events: { mail: string; state: string }[]) => {
      const done = new Set(events.filter(({ state }) => state === 'done').map(({ mail }) => mail));
      return ids.every((id) => done.has(id));
    };
    await until(() => world.server.json(['webhooks', '--limit', '500']), isDone);
    expect(await world.mails(200, 'crowd')).toHaveLength(200);
  });

  it('comes to the intake once when the server dies between the 200 and the intake', async () => {
    const before = world.resend.inbox.downloads.length;
    world.resend.inbox.failNext('raw', 'silence');
    const id = await arrive('killed', '[[reply: Once.]]');
    await world.resend.inbox.downloaded(before + 1);
    await world.server.kill('SIGKILL');
    await world.server.restart();
    await eventually(() => sent('killed').length).toBe(1);
    expect(await world.server.json(['mails', 'killed'])).toHaveLength(1);
    expect(await world.event('done', id)).toMatchObject({ attempts: 2 });
  });

  it('is found in the list when the server was down, once, and nothing from before the first start', async () => {
    const { inbox } = world.resend;
    const events = async () => (await world.server.json(['webhooks', '--limit', '500'])).length;
    const before = await events();
    const take = async (Subject: string, to: string, time: number) => {
      const raw = await signedMail('/help', { Subject, To: to });
      inbox.take({ raw, from: 'owner@example.com', to: [to], at: time });
    };
    await take('old', at('missed'), Date.now() - 600_000);
    await world.event('done', await arrive('missed', '/help', { Subject: 'told' }));
    await world.server.kill('SIGKILL');
    for (let number = 1; number <= 130; number += 1) {
      await take(`missed ${number}`, at('nobody'), Date.now() + number);
    }
    await take('missed', at('missed'), Date.now() + 200);
    inbox.failNext('list', failure(500, 'internal'));
    await world.server.restart();
    const mails = await world.mails(2, 'missed');
    expect(mails.map(({ subject }) => subject)).toEqual(['missed', 'told']);
    expect(await events()).toBe(before + 132);
    expect(world.server.output()).toContain('reconcile_failed');
  });

  it('is shown with the reason while it can not be had', async () => {
    await world.server.restart({ RETRY_BASE_MS: '60000' });
    world.resend.inbox.failNext('mail', failure(401, 'restricted_api_key'));
    const id = await arrive('shown');
    expect(await pendingWithReason(id)).toMatchObject({
      kind: 'received',
      attempts: 1,
      reason_code: 'webhook_fetch_failed',
      reason: expect.stringMatching(/restricted_api_key.*RESEND_API_KEY must have full access/),
    });
    const { stdout } = await world.server.cli(['webhooks']);
    expect(stdout).toMatch(/received +pending .* 1$/m);
  });

  it('is tried again while the DNS of its sender is silent, and is no row until then', async () => {
    await world.server.restart({ DNS_SERVERS: '127.0.0.1:9' });
    const event = await pendingWithReason(await arrive('unchecked'));
    expect(event).toMatchObject({ reason_code: 'webhook_put_off' });
    expect(await world.server.json(['mails', 'unchecked'])).toEqual([]);
  });
});
