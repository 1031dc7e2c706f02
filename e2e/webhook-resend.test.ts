/** Mail that Resend takes in: a webhook tells of it, the server asks for it, and it goes through the same intake. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from './support/eventually.ts';
import { newestDelivery } from './support/outbox.ts';
import { apiKey, OWNER, signedMail, startWebhookWorld, type WebhookWorld } from './support/webhooks.ts';

/** One for each test, and some for those that write to several. */
const AGENTS = [
  'ponger',
  'keyed',
  'scout',
  'lupo',
  'third',
  'named',
  'copied',
  'bounced',
  'ordered',
  'threaded',
];
const at = (agent: string) => `${agent}@tinyfat.localhost`;

describe('mail in by a webhook of Resend', () => {
  let world: WebhookWorld;
  beforeAll(async () => {
    world = await startWebhookWorld({ agents: Object.fromEntries(AGENTS.map((name) => [name, []])) });
  });
  afterAll(() => world?.dispose());
  /** A mail of the owner to one agent comes in; gives Resend's id of it. */
  const arrive = async (agent: string, body: string, headers: Record<string, string> = {}) =>
    world.arrive(await signedMail(body, { To: at(agent), ...headers }), { to: [at(agent)] });
  /** What an agent sent through Resend. */
  const sent = (agent: string) => world.resend.sent.filter(({ email }) => email.from.includes(at(agent)));

  it('is answered, with no SMTP listener at all', async () => {
    const raw = await signedMail('[[reply: Pong.]]', {
      To: at('ponger'),
      'Message-ID': '<ping@example.com>',
    });
    const id = await world.arrive(raw, { to: [at('ponger')] });
    await newestDelivery(world.server, 'sent', 'ponger');
    expect(sent('ponger')[0]?.email).toMatchObject({
      to: [`Owner <${OWNER}>`],
      text: expect.stringContaining('Pong.'),
      headers: { 'In-Reply-To': '<ping@example.com>' },
    });
    const [mail] = await world.mails(1, 'ponger');
    expect(mail).toMatchObject({ state: 'replied', from: OWNER, client_address: 'resend' });
    const shown = await world.server.json(['mails', 'show', mail.id]);
    expect(shown).toMatchObject({ via: 'resend', evidence: { source: 'verified', spf: null } });
    expect((await world.server.cli(['mails', 'raw', mail.id])).stdout).toBe(raw.toString());
    expect(await world.event('done', id)).toMatchObject({ kind: 'received', attempts: 1, reason: null });
    await eventually(() => world.server.output()).toContain('no SMTP listener');
  });

  it('shows the key to Resend and not to the server that keeps the messages', async () => {
    const before = world.resend.inbox.downloads.length;
    await world.event('done', await arrive('keyed', '[[reply: Pong.]]'));
    expect(world.resend.inbox.downloads).toHaveLength(before + 1);
    expect(JSON.stringify(world.resend.inbox.downloads)).not.toContain(apiKey);
    expect(world.server.output()).not.toContain('signature=secret');
  });

  it('goes to every agent of the envelope, and to none that only the header names', async () => {
    const subject = 'To everybody';
    const everybody = ['scout', 'lupo', 'third'].map(at);
    const id = await world.arrive(
      await signedMail('[[reply: Both.]]', { To: everybody.join(', '), Subject: subject }),
      {
        to: everybody,
        receivedFor: ['scout@tinyfat.localhost', 'LUPO@tinyfat.localhost', 'someone@elsewhere.example'],
      },
    );
    await world.event('done', id);
    const mails = (await world.mails(2)).filter((mail) => mail.subject === subject);
    expect(mails.map(({ agent, verdict }) => [agent, verdict]).sort()).toEqual([
      ['lupo', 'accepted'],
      ['scout', 'accepted'],
    ]);
  });

  it('goes to whom To and Cc name where the envelope is not told', async () => {
    const subject = 'To and Cc';
    const headers = { To: 'Bob <bob@example.net>', Cc: `${at('named')}, ${at('copied')}`, Subject: subject };
    const id = await world.arrive(await signedMail('[[reply: Hello.]]', headers), {
      to: ['bob@example.net'],
      cc: [`The Named <${at('named')}>`, at('copied')],
    });
    await world.event('done', id);
    const mails = (await world.mails(2)).filter((mail) => mail.subject === subject);
    expect(mails.map(({ agent }) => agent).sort()).toEqual(['copied', 'named']);
  });

  it('for nobody here ends with a reason', async () => {
    const id = await arrive('nobody', 'x', { Subject: 'For nobody' });
    expect(await world.event('done', id)).toMatchObject({
      reason_code: 'unknown_recipient',
      reason: expect.stringContaining('is an agent at tinyfat.localhost'),
    });
    const mails: { subject: string }[] = await world.server.json(['mails', '--limit', '1000']);
    expect(mails.filter(({ subject }) => subject === 'For nobody')).toEqual([]);
  });

  it('keeps the null path of a bounce, which wakes nobody', async () => {
    const signed = await signedMail('It came back.', { To: at('bounced') });
    await world.arrive(Buffer.concat([Buffer.from('Return-Path: <>\r\n'), signed]), { to: [at('bounced')] });
    const [mail] = await world.mails(1, 'bounced');
    expect(mail).toMatchObject({ verdict: 'automatic', envelope_sender: '' });
    expect(mail.verdict_reason).toContain('null envelope sender');
  });

  it('keeps its order as far as Resend told it', async () => {
    for (const number of [1, 2, 3, 4]) {
      await arrive('ordered', `[[reply: ${number}]]`, { Subject: `No ${number}` });
    }
    const mails = await world.mails(4, 'ordered');
    expect(mails.map(({ subject }) => subject)).toEqual(['No 4', 'No 3', 'No 2', 'No 1']);
  });

  it('carries its thread: the answer to the answer is one conversation', async () => {
    await arrive('threaded', '[[reply: One.]]', { 'Message-ID': '<one@example.com>' });
    await newestDelivery(world.server, 'sent', 'threaded');
    const id = sent('threaded')[0]?.messageId ?? '';
    await arrive('threaded', '[[reply: Two.]]', {
      'In-Reply-To': id,
      References: `<one@example.com> ${id}`,
    });
    await eventually(() => sent('threaded').length).toBe(2);
    expect(sent('threaded')[1]?.email.headers?.References).toContain(`<one@example.com> ${id}`);
  });
});
