/** Mail that Resend takes in: a webhook tells of it, the server asks for it, and it goes through the same door. */
import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from './support/eventually.ts';
import { newestDelivery } from './support/outbox.ts';
import {
  apiKey,
  OWNER,
  SCOUT,
  signedMail,
  startWebhookWorld,
  type WebhookWorld,
} from './support/webhooks.ts';

describe('mail in by a webhook of Resend', () => {
  let world: WebhookWorld;
  afterEach(() => world?.dispose());

  it('is answered, with no SMTP listener at all', async () => {
    world = await startWebhookWorld();
    const raw = await signedMail('[[reply: Pong.]]', { 'Message-ID': '<ping@example.com>' });
    await world.arrive(raw);
    await newestDelivery(world.server, 'sent');
    expect(world.resend.sent[0]?.email).toMatchObject({
      to: [`Owner <${OWNER}>`],
      text: expect.stringContaining('Pong.'),
      headers: { 'In-Reply-To': '<ping@example.com>' },
    });
    const [mail] = await world.mails(1);
    expect(mail).toMatchObject({ state: 'replied', from: OWNER, client_address: 'resend' });
    const shown = await world.server.json(['mails', 'show', mail.id]);
    expect(shown).toMatchObject({ via: 'resend', evidence: { source: 'verified', spf: null } });
    expect((await world.server.cli(['mails', 'raw', mail.id])).stdout).toBe(raw.toString());
    expect(await world.event('done')).toMatchObject({ kind: 'received', attempts: 1, reason: null });
    await eventually(() => world.server.output()).toContain('no SMTP listener');
  });

  it('shows the key to Resend and not to the server that keeps the messages', async () => {
    world = await startWebhookWorld();
    await world.arrive(await signedMail('[[reply: Pong.]]'));
    await world.event('done');
    expect(world.resend.inbox.downloads).toHaveLength(1);
    expect(JSON.stringify(world.resend.inbox.downloads)).not.toContain(apiKey);
    expect(world.server.output()).not.toContain('signature=secret');
  });

  it('goes to every agent of the envelope, and to none that only the header names', async () => {
    world = await startWebhookWorld({ agents: { scout: [], lupo: [], third: [] } });
    const everybody = `${SCOUT}, lupo@tinyfat.localhost, third@tinyfat.localhost`;
    await world.arrive(await signedMail('[[reply: Both.]]', { To: everybody }), {
      to: everybody.split(', '),
      receivedFor: ['scout@tinyfat.localhost', 'LUPO@tinyfat.localhost', 'someone@elsewhere.example'],
    });
    const mails = await world.mails(2);
    await world.event('done');
    expect(mails.map(({ agent, verdict }) => [agent, verdict]).sort()).toEqual([
      ['lupo', 'accepted'],
      ['scout', 'accepted'],
    ]);
    await world.mails(2);
  });

  it('goes to whom To and Cc name where the envelope is not told', async () => {
    world = await startWebhookWorld({ agents: { scout: [], lupo: [] } });
    const headers = { To: 'Bob <bob@example.net>', Cc: `${SCOUT}, lupo@tinyfat.localhost` };
    await world.arrive(await signedMail('[[reply: Hello.]]', headers), {
      to: ['bob@example.net'],
      cc: [`The Scout <${SCOUT}>`, 'lupo@tinyfat.localhost'],
    });
    expect((await world.mails(2)).map(({ agent }) => agent).sort()).toEqual(['lupo', 'scout']);
  });

  it('for nobody here ends with a reason', async () => {
    world = await startWebhookWorld();
    await world.arrive(await signedMail('x'), { to: ['nobody@tinyfat.localhost'] });
    expect(await world.event('done')).toMatchObject({
      reason_code: 'unknown_recipient',
      reason: expect.stringContaining('is an agent at tinyfat.localhost'),
    });
    expect(await world.server.json(['mails'])).toEqual([]);
  });

  it('keeps the null path of a bounce, which wakes nobody', async () => {
    world = await startWebhookWorld();
    const raw = Buffer.concat([Buffer.from('Return-Path: <>\r\n'), await signedMail('It came back.')]);
    await world.arrive(raw);
    const [mail] = await world.mails(1);
    expect(mail).toMatchObject({ verdict: 'automatic', envelope_sender: '' });
    expect(mail.verdict_reason).toContain('null envelope sender');
  });

  it('keeps its order as far as Resend told it', async () => {
    world = await startWebhookWorld();
    for (const number of [1, 2, 3, 4]) {
      await world.arrive(await signedMail(`[[reply: ${number}]]`, { Subject: `No ${number}` }));
    }
    const mails = await world.mails(4);
    expect(mails.map(({ subject }) => subject)).toEqual(['No 4', 'No 3', 'No 2', 'No 1']);
  });

  it('carries its thread: the answer to the answer is one conversation', async () => {
    world = await startWebhookWorld();
    await world.arrive(await signedMail('[[reply: One.]]', { 'Message-ID': '<one@example.com>' }));
    await newestDelivery(world.server, 'sent');
    const id = world.resend.sent[0]?.messageId ?? '';
    await world.arrive(
      await signedMail('[[reply: Two.]]', { 'In-Reply-To': id, References: `<one@example.com> ${id}` }),
    );
    await world.resend.received(2);
    expect(world.resend.sent[1]?.email.headers?.References).toContain(`<one@example.com> ${id}`);
  });
});
