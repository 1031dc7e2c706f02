/** Two agents of two systems that are allowed to write to each other: what they say to each other ends by itself. */
import { once } from 'node:events';
import { THREAD_LIMIT } from '@tinyfat/core';
import nodemailer, { type Transporter } from 'nodemailer';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sendMail } from './support/mail.ts';
import { startTinyfat, type Tinyfat } from './support/tinyfat.ts';

const MACHINE = /^(auto-submitted|x-auto-response-suppress|x-loop):.*(?:\r\n[ \t].*)*\r\n/gim;
/** All but the sign that Exchange puts on people's mail as well. */
const ALL_BUT_EXCHANGE = /^(auto-submitted|x-loop):.*(?:\r\n[ \t].*)*\r\n/gim;

/** A relay between two systems. From the mail of some people it takes out headers that say that a machine wrote it. */
async function startRelay(stripping: Record<string, RegExp>) {
  const systems = new Map<string, Transporter>();
  const relay = new SMTPServer({
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    onData(stream, { envelope }, callback) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk) => chunks.push(chunk));
      stream.on('end', async () => {
        const [to = ''] = envelope.rcptTo.map((one) => one.address);
        const text = Buffer.concat(chunks).toString('latin1');
        const head = text.slice(0, text.indexOf('\r\n\r\n') + 2);
        const [name = '', domain = ''] = to.split('@');
        const passed = head.replace(stripping[name] ?? /$^/, '') + text.slice(head.length);
        const from = envelope.mailFrom ? envelope.mailFrom.address : '';
        await systems
          .get(domain)
          ?.sendMail({ envelope: { from, to }, raw: Buffer.from(passed, 'latin1') })
          .catch(() => null);
        callback(null);
      });
    },
  });
  relay.listen(0, '127.0.0.1');
  await once(relay.server, 'listening');
  const address = relay.server.address();
  return {
    add({ host, smtpPort: port }: Tinyfat, domain: string) {
      // A new connection would wait a tenth of a second for its greeting.
      systems.set(domain, nodemailer.createTransport({ host, port, ignoreTLS: true, pool: true }));
    },
    url: `smtp://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    async close() {
      for (const system of systems.values()) system.close();
      await new Promise<void>((resolve) => relay.close(() => resolve()));
    },
  };
}

describe('two agents that answer each other', () => {
  // Ann writes to Bob, Carol to Dave, Erin to Frank; the relay treats the mail of each pair in its own way.
  let relay: Awaited<ReturnType<typeof startRelay>>;
  let one: Tinyfat;
  let two: Tinyfat;
  beforeAll(async () => {
    relay = await startRelay({
      carol: ALL_BUT_EXCHANGE,
      dave: ALL_BUT_EXCHANGE,
      erin: MACHINE,
      frank: MACHINE,
    });
    const start = async (domain: string, agents: Record<string, string[]>) => {
      const server = await startTinyfat({
        environment: { MAIL_DOMAIN: domain, TRUSTED_CLIENTS: '127.0.0.0/8', SMTP_URL: relay.url },
        agents,
      });
      relay.add(server, domain);
      return server;
    };
    one = await start('one.example', {
      ann: ['bob@two.example'],
      carol: ['dave@two.example'],
      erin: ['frank@two.example'],
    });
    two = await start('two.example', {
      bob: ['ann@one.example'],
      dave: ['carol@one.example'],
      frank: ['erin@one.example'],
    });
  });
  afterAll(async () => {
    await two?.dispose();
    await one?.dispose();
    await relay?.close();
  });
  const rows = async (server: Tinyfat, name: string, verdict: string) =>
    (await server.json(['mails', name])).filter((mail: { verdict: string }) => mail.verdict === verdict);
  /** Looks into the log: command lines would take the processor from the turns. */
  const until = async (server: Tinyfat, name: string, verdict: string) => {
    const line = new RegExp(`^.*"agent":"${name}".*"verdict":"${verdict}"`, 'm');
    while (!line.test(server.output())) await new Promise((go) => setTimeout(go, 50));
    return await rows(server, name, verdict);
  };
  const begin = (from: string, to: string) =>
    sendMail(one, { from: `${from}@two.example`, to: `${to}@one.example`, subject: 'Hello', text: 'Hello!' });

  it.concurrent('stop at the first answer, which says that a machine wrote it', async () => {
    await begin('bob', 'ann');
    const [taken] = await until(two, 'bob', 'automatic');
    expect(taken).toMatchObject({ from: 'ann@one.example', reason_code: 'automatic_mail' });
    expect(await rows(two, 'bob', 'accepted')).toEqual([]);
    expect(await rows(one, 'ann', 'accepted')).toHaveLength(1);
  });

  it.concurrent('are quarantined at the first answer when a relay leaves only a sign that people’s mail has too', async () => {
    await begin('dave', 'carol');
    const [quarantined] = await until(two, 'dave', 'quarantined');
    expect(quarantined).toMatchObject({
      state: 'quarantined',
      reason_code: 'perhaps_automatic',
      reason: expect.stringContaining('x-auto-response-suppress'),
    });
    expect(await rows(one, 'carol', 'accepted')).toHaveLength(1);
    expect(await rows(two, 'dave', 'accepted')).toEqual([]);
  });

  it.concurrent('are quarantined when a relay takes that out, and the owner sees it', async () => {
    await begin('frank', 'erin');
    const [quarantined] = await until(one, 'erin', 'quarantined');
    expect(quarantined).toMatchObject({
      state: 'quarantined',
      reason_code: 'thread_too_fast',
      from: 'frank@two.example',
    });
    expect(await rows(one, 'erin', 'accepted')).toHaveLength(THREAD_LIMIT);
    expect(await rows(two, 'frank', 'accepted')).toHaveLength(THREAD_LIMIT);
  });
});
