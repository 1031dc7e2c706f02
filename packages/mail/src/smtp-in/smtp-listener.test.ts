import getTlsOptions from 'smtp-server/lib/tls-options.js';
import { afterEach, describe, expect, it } from 'vitest';
import type { SmtpAnswer, SmtpDelivery, SmtpListener, SmtpListenerOptions } from '../contract.ts';
import { type SmtpSession, smtpSession } from '../test-support/smtp-session.ts';
import { smtpListener } from './smtp-listener.ts';

const accepted: SmtpAnswer = { code: 250, enhanced: '2.0.0', text: 'Stored' };

describe('smtpListener', () => {
  const listeners: SmtpListener[] = [];
  const sessions: SmtpSession[] = [];
  afterEach(async () => {
    for (const session of sessions.splice(0)) session.end();
    for (const listener of listeners.splice(0)) await listener.close(0);
  });

  async function listen(options: Partial<SmtpListenerOptions> = {}) {
    const taken: SmtpDelivery[] = [];
    const problems: string[] = [];
    const listener = await smtpListener({
      host: '127.0.0.1',
      port: 0,
      hostname: 'mx.agents.test',
      tls: null,
      maxMessageBytes: 10_000,
      maxRecipients: 3,
      maxConnections: 20,
      maxConnectionsPerClient: 10,
      maxInFlight: 5,
      trustedClients: [],
      onRecipient: async (address) =>
        address.endsWith('@agents.test') ? null : { code: 550, enhanced: '5.1.1', text: 'No such agent' },
      onMessage: async (delivery) => {
        taken.push(delivery);
        return accepted;
      },
      onProblem: (event) => problems.push(event),
      ...options,
    });
    listeners.push(listener);
    return { listener, taken, problems };
  }

  async function session(port: number, greeted = true): Promise<SmtpSession> {
    const client = smtpSession(port);
    sessions.push(client);
    if (greeted) {
      expect(await client.reply()).toBe('220 mx.agents.test ESMTP');
      await client.command('EHLO client.example');
    }
    return client;
  }

  async function toData(client: SmtpSession): Promise<void> {
    expect(await client.command('MAIL FROM:<ann@example.com>')).toMatch(/^250/);
    expect(await client.command('RCPT TO:<bot@agents.test>')).toMatch(/^250/);
    expect(await client.command('DATA')).toMatch(/^354/);
  }

  it('gives 250 with the text of onMessage, and hands over envelope, client and bytes', async () => {
    const { listener, taken } = await listen();
    const client = await session(listener.port);
    await toData(client);
    client.write('Subject: x\r\n\r\n..dot\r\nGr\u00fc\u00dfe\r\n.\r\n');
    expect(await client.reply()).toBe('250 2.0.0 Stored');
    expect(taken[0]).toMatchObject({
      client: { address: '127.0.0.1', helo: 'client.example', trusted: false },
      secure: false,
      sender: 'ann@example.com',
      recipients: ['bot@agents.test'],
    });
    expect(Buffer.from(taken[0]?.raw ?? []).toString()).toBe('Subject: x\r\n\r\n.dot\r\nGr\u00fc\u00dfe\r\n');
  });

  it('offers SIZE, 8BITMIME, SMTPUTF8 and PIPELINING, neither AUTH nor STARTTLS without a certificate', async () => {
    const { listener } = await listen();
    const client = await session(listener.port);
    const features = (await client.command('EHLO again.example')).split('\n').map((line) => line.slice(4));
    expect(features).toEqual(expect.arrayContaining(['SIZE 10000', '8BITMIME', 'SMTPUTF8', 'PIPELINING']));
    expect(features.join()).not.toMatch(/AUTH|STARTTLS/);
    expect(await client.command('AUTH PLAIN AGEAYg==')).toMatch(/^50/);
    expect(await client.command('STARTTLS')).toMatch(/^50/);
  });

  it('refuses an unknown recipient in the session, and takes the mail for the known one', async () => {
    const { listener, taken } = await listen();
    const client = await session(listener.port);
    await client.command('MAIL FROM:<ann@example.com>');
    expect(await client.command('RCPT TO:<who@other.test>')).toBe('550 5.1.1 No such agent');
    expect(await client.command('RCPT TO:<bot@agents.test>')).toMatch(/^250/);
    await client.command('DATA');
    client.write('x\r\n.\r\n');
    await client.reply();
    expect(taken[0]?.recipients).toEqual(['bot@agents.test']);
  });

  it('passes the null reverse-path as an empty sender', async () => {
    const { listener, taken } = await listen();
    const client = await session(listener.port);
    await client.command('MAIL FROM:<>');
    await client.command('RCPT TO:<bot@agents.test>');
    await client.command('DATA');
    client.write('x\r\n.\r\n');
    await client.reply();
    expect(taken[0]?.sender).toBe('');
  });

  it('refuses a declared size beyond the limit at MAIL', async () => {
    const { listener } = await listen();
    const client = await session(listener.port);
    expect(await client.command('MAIL FROM:<ann@example.com> SIZE=10001')).toMatch(/^552/);
  });

  it('refuses a size beyond the limit at the end of DATA, and goes on with the next mail', async () => {
    const { listener, taken } = await listen();
    const client = await session(listener.port);
    await toData(client);
    client.write(`${'x'.repeat(98)}\r\n`.repeat(101));
    client.write('.\r\n');
    expect(await client.reply()).toBe('552 5.3.4 The message is larger than the limit');
    expect(taken).toEqual([]);
    await toData(client);
    client.write('small\r\n.\r\n');
    expect(await client.reply()).toMatch(/^250/);
  });

  it('hangs up on a client that keeps sending far beyond the limit', async () => {
    const { listener, taken, problems } = await listen();
    const client = await session(listener.port);
    await toData(client);
    client.write(`${'x'.repeat(98)}\r\n`.repeat(400));
    await client.closed;
    expect(taken).toEqual([]);
    expect(problems).toContain('smtp.flood');
  });

  it('answers 452 to one recipient too many', async () => {
    const { listener } = await listen();
    const client = await session(listener.port);
    await client.command('MAIL FROM:<ann@example.com>');
    for (const name of ['a', 'b', 'c']) await client.command(`RCPT TO:<${name}@agents.test>`);
    expect(await client.command('RCPT TO:<d@agents.test>')).toMatch(/^452/);
  });

  it('answers 421 to a connection too many, of one client and of all', async () => {
    const perClient = await listen({ maxConnectionsPerClient: 1 });
    await session(perClient.listener.port);
    expect(await (await session(perClient.listener.port, false)).reply()).toMatch(/^421 4\.7\.0/);

    const all = await listen({ maxConnections: 1 });
    await session(all.listener.port);
    expect(await (await session(all.listener.port, false)).reply()).toMatch(/^421/);
  });

  it('gives the place of a closed connection to the next one', async () => {
    const { listener } = await listen({ maxConnectionsPerClient: 1 });
    const first = await session(listener.port);
    await first.command('QUIT');
    await first.closed;
    await expect
      .poll(async () => (await (await session(listener.port, false)).reply()).slice(0, 3), { timeout: 5000 })
      .toBe('220');
  });

  it('answers 451 to a message while too many are being decided on', async () => {
    const gate = Promise.withResolvers<SmtpAnswer>();
    const arrived = Promise.withResolvers<void>();
    const { listener } = await listen({
      maxInFlight: 1,
      onMessage: () => {
        arrived.resolve();
        return gate.promise;
      },
    });
    const first = await session(listener.port);
    const second = await session(listener.port);
    await toData(first);
    first.write('one\r\n.\r\n');
    await arrived.promise;
    await toData(second);
    second.write('two\r\n.\r\n');
    expect(await second.reply()).toMatch(/^451 4\.3\.2/);
    gate.resolve(accepted);
    expect(await first.reply()).toMatch(/^250/);
  });

  it('answers 451 when all unfinished messages together would need too much memory', async () => {
    const { listener } = await listen({ maxBufferedBytes: 5_000 });
    const [first, second] = [await session(listener.port), await session(listener.port)];
    await toData(first);
    await toData(second);
    first.write(`${'x'.repeat(98)}\r\n`.repeat(60));
    first.write('.\r\n');
    expect(await first.reply()).toMatch(/^451 4\.3\.1/);
    second.write('small\r\n.\r\n');
    expect(await second.reply()).toMatch(/^250/);
  });

  it('answers 451 when onMessage fails, and reports it', async () => {
    const { listener, problems } = await listen({ onMessage: () => Promise.reject(new Error('disk full')) });
    const client = await session(listener.port);
    await toData(client);
    client.write('x\r\n.\r\n');
    expect(await client.reply()).toMatch(/^451 4\.3\.0/);
    expect(problems).toEqual(['smtp.message']);
  });

  it('gives a refusal of onMessage as it is, on one line', async () => {
    const { listener } = await listen({
      onMessage: async () => ({ code: 550, enhanced: '5.7.1', text: 'Not on the list\r\n250 OK' }),
    });
    const client = await session(listener.port);
    await toData(client);
    client.write('x\r\n.\r\n');
    expect(await client.reply()).toBe('550 5.7.1 Not on the list 250 OK');
  });

  it('ends a connection after 100 messages', async () => {
    const { listener, taken } = await listen();
    const client = await session(listener.port);
    for (let n = 0; n < 100; n += 1) {
      client.write('MAIL FROM:<ann@example.com>\r\nRCPT TO:<bot@agents.test>\r\nDATA\r\n');
      for (let reply = 0; reply < 3; reply += 1) await client.reply();
      client.write('x\r\n.\r\n');
      expect(await client.reply()).toMatch(/^250/);
    }
    expect(await client.command('MAIL FROM:<ann@example.com>')).toMatch(/^421 4\.7\.0/);
    expect(taken).toHaveLength(100);
  });

  it('ends a connection that asks for many unknown recipients', async () => {
    const { listener } = await listen();
    const client = await session(listener.port);
    await client.command('MAIL FROM:<ann@example.com>');
    for (let n = 0; n < 50; n += 1) expect(await client.command(`RCPT TO:<u${n}@x.test>`)).toMatch(/^550/);
    expect(await client.command('RCPT TO:<more@x.test>')).toMatch(/^421/);
  });

  it('takes mail over STARTTLS when it has a certificate', async () => {
    const { key, cert } = getTlsOptions({});
    const { listener, taken } = await listen({ tls: { key: String(key), cert: String(cert) } });
    const client = await session(listener.port);
    expect(await client.command('STARTTLS')).toMatch(/^220/);
    await client.startTls();
    expect(await client.command('EHLO client.example')).not.toMatch(/STARTTLS/);
    await toData(client);
    client.write('x\r\n.\r\n');
    await client.reply();
    expect(taken[0]?.secure).toBe(true);
  });

  it('trusts a client by its network only', async () => {
    const { listener, taken } = await listen({ trustedClients: ['10.0.0.0/8', '127.0.0.0/8'] });
    const client = await session(listener.port);
    await toData(client);
    client.write('x\r\n.\r\n');
    await client.reply();
    expect(taken[0]?.client.trusted).toBe(true);
  });

  it('forgets a message whose client goes away in the middle', async () => {
    const { listener, taken } = await listen({ maxBufferedBytes: 1_000, maxConnectionsPerClient: 1 });
    const client = await session(listener.port);
    await toData(client);
    client.write(`${'x'.repeat(98)}\r\n`.repeat(9));
    client.end();
    await client.closed;
    await expect
      .poll(async () => (await (await session(listener.port, false)).reply()).slice(0, 3), { timeout: 5000 })
      .toBe('220');
    const next = sessions.at(-1);
    await next?.command('EHLO client.example');
    if (next !== undefined) await toData(next);
    next?.write(`${'x'.repeat(98)}\r\n`.repeat(9));
    next?.write('.\r\n');
    expect(await next?.reply()).toMatch(/^250/);
    expect(taken).toHaveLength(1);
  });

  it('rejects a port that is taken and a network that is none', async () => {
    const { listener } = await listen();
    await expect(listen({ port: listener.port })).rejects.toThrow(/EADDRINUSE/);
    await expect(listen({ trustedClients: ['10.0.0.0/99'] })).rejects.toThrow(/CIDR/);
  });

  it('says 421 to idle clients when it closes, and answers the open message first', async () => {
    const gate = Promise.withResolvers<SmtpAnswer>();
    const arrived = Promise.withResolvers<void>();
    const { listener } = await listen({
      onMessage: () => {
        arrived.resolve();
        return gate.promise;
      },
    });
    const idle = await session(listener.port);
    const open = await session(listener.port);
    await toData(open);
    open.write('x\r\n.\r\n');
    await arrived.promise;
    const closing = listener.close(10_000);
    expect(await idle.reply()).toBe('421 4.3.2 Shutting down');
    gate.resolve(accepted);
    expect(await open.reply()).toMatch(/^250/);
    await closing;
    await open.closed;
    expect(await (await session(listener.port, false)).reply()).toBe('closed');
  });

  it('closes at its time even when a message is never decided on', async () => {
    const arrived = Promise.withResolvers<void>();
    const { listener } = await listen({
      onMessage: () => {
        arrived.resolve();
        return new Promise(() => undefined);
      },
    });
    const open = await session(listener.port);
    await toData(open);
    open.write('x\r\n.\r\n');
    await arrived.promise;
    await listener.close(100);
    await open.closed;
  });
});
