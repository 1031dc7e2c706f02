/** Two agents of two systems that are allowed to write to each other: what they say to each other ends by itself. */
import { once } from 'node:events';
import { THREAD_LIMIT } from '@tinyfat/core';
import nodemailer from 'nodemailer';
import { SMTPServer } from 'smtp-server';
import { afterEach, describe, expect, it } from 'vitest';
import { sendMail } from './support/mail.ts';
import { startTinyfat, type Tinyfat } from './support/tinyfat.ts';

const MACHINE = /^(auto-submitted|x-auto-response-suppress|x-loop):.*(?:\r\n[ \t].*)*\r\n/gim;
/** All but the sign that Exchange puts on people's mail as well. */
const ALL_BUT_EXCHANGE = /^(auto-submitted|x-loop):.*(?:\r\n[ \t].*)*\r\n/gim;

/** A relay between two systems, which may take out headers that say that a machine wrote the mail. */
async function startRelay(stripping: RegExp | null) {
  const systems = new Map<string, Tinyfat>();
  const relay = new SMTPServer({
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    onData(stream, { envelope }, callback) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk) => chunks.push(chunk));
      stream.on('end', async () => {
        const [to = ''] = envelope.rcptTo.map((one) => one.address);
        const system = systems.get(to.split('@')[1] ?? '');
        const text = Buffer.concat(chunks).toString('latin1');
        const head = text.slice(0, text.indexOf('\r\n\r\n') + 2);
        const passed = stripping ? head.replace(stripping, '') + text.slice(head.length) : text;
        const from = envelope.mailFrom ? envelope.mailFrom.address : '';
        const onward = nodemailer.createTransport({
          host: system?.host,
          port: system?.smtpPort,
          ignoreTLS: true,
        });
        await onward
          .sendMail({ envelope: { from, to }, raw: Buffer.from(passed, 'latin1') })
          .catch(() => null);
        onward.close();
        callback(null);
      });
    },
  });
  relay.listen(0, '127.0.0.1');
  await once(relay.server, 'listening');
  const address = relay.server.address();
  return {
    systems,
    url: `smtp://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    close: () => new Promise<void>((resolve) => relay.close(() => resolve())),
  };
}

describe('two agents that answer each other', () => {
  const open: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of open.splice(0).reverse()) await close();
  });
  async function twoSystems(stripping: RegExp | null): Promise<[Tinyfat, Tinyfat]> {
    const relay = await startRelay(stripping);
    open.push(relay.close);
    const start = async (domain: string, name: string, peer: string) => {
      const server = await startTinyfat({
        environment: { MAIL_DOMAIN: domain, TRUSTED_CLIENTS: '127.0.0.0/8', SMTP_URL: relay.url },
        agents: { [name]: [peer] },
      });
      open.push(server.dispose);
      relay.systems.set(domain, server);
      return server;
    };
    const one = await start('one.example', 'ann', 'bob@two.example');
    return [one, await start('two.example', 'bob', 'ann@one.example')];
  }
  const rows = async (server: Tinyfat, verdict: string) =>
    (await server.json(['mails'])).filter((mail: { verdict: string }) => mail.verdict === verdict);
  /** Looks into the log: command lines would take the processor from the turns. */
  const until = async (server: Tinyfat, verdict: string) => {
    while (!server.output().includes(`"verdict":"${verdict}"`)) await new Promise((go) => setTimeout(go, 50));
    return await rows(server, verdict);
  };
  const begin = (server: Tinyfat) =>
    sendMail(server, {
      from: 'bob@two.example',
      to: 'ann@one.example',
      subject: 'Hello',
      text: 'Hello Ann!',
    });

  it('stop at the first answer, which says that a machine wrote it', async () => {
    const [one, two] = await twoSystems(null);
    await begin(one);
    const [taken] = await until(two, 'automatic');
    expect(taken).toMatchObject({ from: 'ann@one.example', reason_code: 'automatic_mail' });
    expect(await rows(two, 'accepted')).toEqual([]);
    expect(await rows(one, 'accepted')).toHaveLength(1);
  });

  it('are quarantined at the first answer when a relay leaves only a sign that people’s mail has too', async () => {
    const [one, two] = await twoSystems(ALL_BUT_EXCHANGE);
    await begin(one);
    const [quarantined] = await until(two, 'quarantined');
    expect(quarantined).toMatchObject({
      state: 'quarantined',
      reason_code: 'perhaps_automatic',
      reason: expect.stringContaining('x-auto-response-suppress'),
    });
    expect(await rows(one, 'accepted')).toHaveLength(1);
    expect(await rows(two, 'accepted')).toEqual([]);
  });

  it('are quarantined when a relay takes that out, and the owner sees it', { timeout: 120_000 }, async () => {
    const [one, two] = await twoSystems(MACHINE);
    await begin(one);
    const [quarantined] = await until(one, 'quarantined');
    expect(quarantined).toMatchObject({
      state: 'quarantined',
      reason_code: 'thread_too_fast',
      from: 'bob@two.example',
    });
    expect(await rows(one, 'accepted')).toHaveLength(THREAD_LIMIT);
    expect(await rows(two, 'accepted')).toHaveLength(THREAD_LIMIT);
  });
});
