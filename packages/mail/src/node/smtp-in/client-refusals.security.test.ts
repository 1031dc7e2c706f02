/** Guessing addresses and sending what nobody takes: a client that does it too often waits outside. */
import { afterEach, describe, expect, it } from 'vitest';
import { smtpHarness } from '../../test-support/smtp-harness.ts';
import type { SmtpAnswer, SmtpListenerOptions } from './contract.ts';

const minute = 60_000;
const refused: SmtpAnswer = { code: 550, enhanced: '5.7.1', text: 'Not on the list' };

describe('a client that was refused often', () => {
  const { listen, session, toData, close } = smtpHarness();
  afterEach(close);

  async function start(options: Partial<SmtpListenerOptions> = {}) {
    const time = { now: Date.UTC(2030, 0, 1, 12) };
    const heard = await listen({ maxRefusalsPerClientHour: 3, clock: () => time.now, ...options });
    const { port } = heard.listener;
    const greeting = async (from?: string) => (await session(port, false, from)).reply();
    return { ...heard, time, port, greeting };
  }
  async function guess(port: number, times: number, from?: string): Promise<void> {
    const client = await session(port, true, from);
    await client.command('MAIL FROM:<ann@example.com>');
    for (let n = 0; n < times; n += 1) expect(await client.command(`RCPT TO:<u${n}@x.test>`)).toMatch(/^550/);
    await client.command('QUIT');
  }

  it('gets 421 at connect that says why and until when, and is let in then', async () => {
    const { port, greeting, time } = await start();
    await guess(port, 3);
    expect(await greeting()).toMatch(/^220/);
    time.now += 10 * minute;
    await guess(port, 2);
    expect(await greeting()).toBe(
      '421 4.7.0 Too many of your messages and recipients were refused within an hour, ' +
        'come again after 2030-01-01T13:00:00Z',
    );
    time.now += 50 * minute;
    expect(await greeting()).toMatch(/^220/);
  });

  it('is turned away on a connection that it has as well', async () => {
    const { port } = await start();
    const open = await session(port);
    await guess(port, 4);
    expect(await open.command('MAIL FROM:<ann@example.com>')).toMatch(/^421 4\.7\.0/);
  });

  it('is one whose messages were put off for the time that they took, but not for DNS', async () => {
    const dns: SmtpAnswer = { code: 451, enhanced: '4.4.3', text: 'DNS' };
    const costly: SmtpAnswer = { code: 451, enhanced: '4.3.2', text: 'Too slow', countsAsRefusal: true };
    const answers = [dns, dns, dns, dns, dns, costly, costly, costly, costly];
    const { port, greeting } = await start({ onMessage: async () => answers.shift() ?? dns });
    const client = await session(port);
    const send = async () => {
      await toData(client);
      client.write('x\r\n.\r\n');
      expect(await client.reply()).toMatch(/^451/);
    };
    for (let n = 0; n < 8; n += 1) await send();
    expect(await greeting()).toMatch(/^220/);
    await send();
    expect(await greeting()).toMatch(/^421/);
  });

  it('is reported once an hour, and keeps nobody else out', async () => {
    const { port, greeting, problems, details, time } = await start();
    await guess(port, 4);
    for (let n = 0; n < 3; n += 1) expect(await greeting()).toMatch(/^421/);
    expect(await greeting('127.0.0.2')).toMatch(/^220/);
    expect([problems, details]).toEqual([['smtp.client_refused'], ['127.0.0.1']]);
    time.now += 60 * minute;
    await guess(port, 4);
    expect(await greeting()).toMatch(/^421/);
    expect(problems).toHaveLength(2);
  });

  it('is one whose messages were refused, too large, declared too large or from no address', async () => {
    const { port, greeting } = await start({ onMessage: async () => refused });
    const client = await session(port);
    await toData(client);
    client.write('x\r\n.\r\n');
    expect(await client.reply()).toMatch(/^550/);
    await toData(client);
    client.write(`${'x'.repeat(998)}\r\n`.repeat(15));
    client.write('.\r\n');
    expect(await client.reply()).toMatch(/^552/);
    expect(await client.command('MAIL FROM:<ann@example.com> SIZE=99999')).toMatch(/^552/);
    expect(await greeting()).toMatch(/^220/);
    expect(await client.command('MAIL FROM:<a\u202eb@example.com>')).toMatch(/^553/);
    expect(await greeting()).toMatch(/^421 4\.7\.0/);
  });

  it('is not one that is asked to come again, or makes mistakes in commands', async () => {
    const later: SmtpAnswer = { code: 451, enhanced: '4.7.1', text: 'Later' };
    const { port, greeting } = await start({ onRecipient: async () => later });
    const client = await session(port);
    await client.command('MAIL FROM:<ann@example.com>');
    for (let n = 0; n < 8; n += 1) expect(await client.command(`RCPT TO:<u${n}@x.test>`)).toMatch(/^451/);
    for (let n = 0; n < 8; n += 1) expect(await client.command('DATA')).toMatch(/^503/);
    expect(await greeting()).toMatch(/^220/);
  });

  it('is let in when it is trusted', async () => {
    const { port, greeting, problems } = await start({ trustedClients: ['127.0.0.1'] });
    await guess(port, 8);
    expect(await greeting()).toMatch(/^220/);
    await guess(port, 8, '127.0.0.2');
    expect(await greeting('127.0.0.2')).toMatch(/^421/);
    expect(problems).toEqual(['smtp.client_refused']);
  });

  it('may be refused 100 times an hour by default', async () => {
    const { port, greeting } = await start({ maxRefusalsPerClientHour: undefined });
    await guess(port, 50);
    await guess(port, 50);
    expect(await greeting()).toMatch(/^220/);
    await guess(port, 1);
    expect(await greeting()).toMatch(/^421/);
  });
});
