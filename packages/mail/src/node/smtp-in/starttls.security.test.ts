/** STARTTLS: what was said in clear is forgotten, and nothing said in clear is run inside TLS (CVE-2011-0411). */
import getTlsOptions from 'smtp-server/lib/tls-options.js';
import { afterEach, describe, expect, it } from 'vitest';
import { smtpHarness } from '../../test-support/smtp-harness.ts';

const { key, cert } = getTlsOptions({});
const tls = { key: String(key), cert: String(cert) };

describe('STARTTLS', () => {
  const { listen, session, close } = smtpHarness();
  afterEach(close);

  it.each([
    ['one command', 'EHLO eve.example\r\n'],
    [
      'a whole mail',
      'EHLO e\r\nMAIL FROM:<eve@example.com>\r\nRCPT TO:<bot@agents.test>\r\nDATA\r\nx\r\n.\r\n',
    ],
    ['half a command', 'EHLO eve.exa'],
    [
      'more commands than are run in one go',
      'EHLO eve.example\r\nMAIL FROM:<eve@example.com>\r\n'.repeat(500),
    ],
  ])('drops %s sent in clear behind it', async (_, injected) => {
    const { listener, taken } = await listen({ tls });
    const client = await session(listener.port);
    client.write(`STARTTLS\r\n${injected}`);
    expect(await client.reply()).toMatch(/^220/);
    await client.startTls();
    // An answer to anything that was injected would come before these.
    expect(await client.command('NOOP')).toBe('250 OK');
    expect(await client.command('MAIL FROM:<ann@example.com>')).toMatch(/^503/);
    expect(await client.command('EHLO client.example')).toMatch(/^250/);
    expect(await client.command('RCPT TO:<bot@agents.test>')).toMatch(/^503/);
    expect(await client.command('DATA')).toMatch(/^503/);
    expect(taken).toEqual([]);
  });

  it('forgets name, sender and recipients that were given in clear', async () => {
    const { listener, taken } = await listen({ tls });
    const client = await session(listener.port);
    await client.command('MAIL FROM:<eve@example.com>');
    await client.command('RCPT TO:<bot@agents.test>');
    expect(await client.command('STARTTLS')).toMatch(/^220/);
    await client.startTls();
    expect(await client.command('DATA')).toMatch(/^503/);
    await client.command('EHLO client.example');
    expect(await client.command('DATA')).toMatch(/^503/);
    await client.command('MAIL FROM:<ann@example.com>');
    await client.command('RCPT TO:<bot@agents.test>');
    await client.command('DATA');
    client.write('x\r\n.\r\n');
    expect(await client.reply()).toMatch(/^250/);
    expect(taken.map(({ sender, secure }) => [sender, secure])).toEqual([['ann@example.com', true]]);
  });

  it('is not served twice or with a parameter', async () => {
    const { listener } = await listen({ tls });
    const client = await session(listener.port);
    expect(await client.command('STARTTLS now')).toMatch(/^501/);
    expect(await client.command('STARTTLS')).toMatch(/^220/);
    await client.startTls();
    await client.command('EHLO client.example');
    expect(await client.command('STARTTLS')).toMatch(/^503/);
  });

  it('ends a connection that goes on in clear, and serves the next', async () => {
    const { listener } = await listen({ tls });
    const client = await session(listener.port);
    expect(await client.command('STARTTLS')).toMatch(/^220/);
    client.write(`MAIL FROM:<eve@example.com>\r\n${'x'.repeat(20_000)}\r\n`);
    await client.closed;
    const next = await session(listener.port);
    expect(await next.command('NOOP')).toBe('250 OK');
  });

  it('does not keep the listener from closing while its handshake stands still', async () => {
    const { listener } = await listen({ tls });
    const client = await session(listener.port);
    expect(await client.command('STARTTLS')).toMatch(/^220/);
    client.write(Uint8Array.of(0x16, 0x03, 0x01, 0x02, 0x00, 0x01));
    await listener.close(0);
    await client.closed;
  });
});
