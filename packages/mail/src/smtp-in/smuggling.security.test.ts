/** SMTP smuggling: only CR LF . CR LF ends a message, so no sequence inside one can start another. */
import { afterEach, describe, expect, it } from 'vitest';
import type { SmtpDelivery, SmtpListener } from '../contract.ts';
import { smtpSession } from '../test-support/smtp-session.ts';
import { smtpListener } from './smtp-listener.ts';

const inner =
  'MAIL FROM:<ceo@example.com>\r\nRCPT TO:<bot@agents.test>\r\nDATA\r\nFrom: ceo@example.com\r\n\r\nsmuggled';

describe('SMTP smuggling', () => {
  let listener: SmtpListener | null = null;
  afterEach(() => listener?.close(0));

  it.each([
    ['LF . LF', '\n.\n'],
    ['LF . CR LF', '\n.\r\n'],
    ['CR LF . LF', '\r\n.\n'],
    ['CR . CR', '\r.\r'],
    ['CR . CR LF', '\r.\r\n'],
    ['CR LF . CR', '\r\n.\r'],
    ['CR LF NUL . CR LF', '\r\n\0.\r\n'],
    ['CR LF . NUL CR LF', '\r\n.\0\r\n'],
  ])('%s does not end a message', async (_, sequence) => {
    const taken: SmtpDelivery[] = [];
    listener = await smtpListener({
      host: '127.0.0.1',
      port: 0,
      hostname: 'mx.agents.test',
      tls: null,
      maxMessageBytes: 100_000,
      maxRecipients: 10,
      maxConnections: 10,
      maxConnectionsPerClient: 10,
      maxInFlight: 10,
      trustedClients: [],
      onRecipient: async () => null,
      onMessage: async (delivery) => {
        taken.push(delivery);
        return { code: 250, enhanced: '2.0.0', text: 'Stored' };
      },
      onProblem: () => undefined,
    });
    const client = smtpSession(listener.port);
    await client.reply();
    await client.command('EHLO client.example');
    await client.command('MAIL FROM:<ann@example.com>');
    await client.command('RCPT TO:<bot@agents.test>');
    await client.command('DATA');
    client.write(`From: ann@example.com\r\n\r\nhello${sequence}${inner}\r\n.\r\n`);
    expect(await client.reply()).toBe('250 2.0.0 Stored');
    expect(await client.command('NOOP')).toMatch(/^250/);
    client.end();
    expect(taken.map((delivery) => delivery.sender)).toEqual(['ann@example.com']);
    expect(Buffer.from(taken[0]?.raw ?? []).toString()).toContain('smuggled');
  });
});
