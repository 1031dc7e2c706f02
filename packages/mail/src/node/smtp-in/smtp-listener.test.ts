import getTlsOptions from 'smtp-server/lib/tls-options.js';
import { afterEach, describe, expect, it } from 'vitest';
import { accepted, smtpHarness } from '../../test-support/smtp-harness.ts';
import type { SmtpAnswer } from './contract.ts';

describe('smtpListener', () => {
  const { listen, session, toData, close } = smtpHarness();
  afterEach(close);

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
