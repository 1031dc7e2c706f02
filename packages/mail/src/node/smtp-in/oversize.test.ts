import { afterEach, describe, expect, it } from 'vitest';
import { smtpHarness } from '../../test-support/smtp-harness.ts';

const kilobyte = `${'x'.repeat(1022)}\r\n`;

describe('a message beyond the size limit', () => {
  const { listen, session, toData, close } = smtpHarness();
  afterEach(close);
  const limit = { maxMessageBytes: 100 * 1024 };

  it('is reported with its envelope, its size and its first 64 kB', async () => {
    const { listener, taken, oversize } = await listen(limit);
    const client = await session(listener.port);
    await toData(client);
    const content = `Subject: large\r\n\r\n${kilobyte.repeat(150)}`;
    client.write(`${content}.\r\n`);
    expect(await client.reply()).toBe('552 5.3.4 Over the limit');
    expect(taken).toEqual([]);
    expect(oversize).toMatchObject([
      {
        client: { address: '127.0.0.1', helo: 'client.example', trusted: false },
        secure: false,
        sender: 'ann@example.com',
        recipients: ['bot@agents.test'],
        bytes: content.length,
      },
    ]);
    expect(Buffer.from(oversize[0]?.raw ?? []).toString()).toBe(content.slice(0, 65_536));
  });

  it('is given in 64 kB also where the limit is less, and to the last byte where it ends before', async () => {
    const { listener, oversize } = await listen({ maxMessageBytes: 50_000 });
    const client = await session(listener.port);
    for (const kilobytes of [60, 80]) {
      await toData(client);
      await client.trickle(kilobyte.slice(0, 10));
      client.write(`${kilobyte.slice(10)}${kilobyte.repeat(kilobytes - 1)}.\r\n`);
      expect(await client.reply()).toMatch(/^552/);
    }
    expect(oversize.map(({ bytes }) => bytes)).toEqual([60 * 1024, 80 * 1024]);
    const heads = oversize.map(({ raw }) => Buffer.from(raw).toString());
    expect(heads).toEqual([kilobyte.repeat(60), kilobyte.repeat(64)]);
  });

  it('gets 552 also when the report fails, or says yes', async () => {
    const failing = await listen({ onOversize: () => Promise.reject(new Error('disk full')) });
    const kind = await listen({ onOversize: async () => ({ code: 250, enhanced: '2.0.0', text: 'Stored' }) });
    for (const { listener } of [failing, kind]) {
      const client = await session(listener.port);
      await toData(client);
      client.write(`${kilobyte.repeat(15)}.\r\n`);
      expect(await client.reply()).toBe(
        '552 5.3.4 The message is too large: at most 25 MiB are taken, which are up to 36 MiB in the encoding of mail',
      );
    }
    expect([failing.problems, failing.details]).toEqual([['smtp.oversize'], ['disk full']]);
  });

  it('is answered, reported and hung up on when it is sent far beyond the limit', async () => {
    const { listener, oversize, taken, problems } = await listen(limit);
    const client = await session(listener.port);
    await toData(client);
    client.write(kilobyte.repeat(1000));
    expect(await client.reply()).toBe('552 5.3.4 Over the limit');
    await client.closed;
    expect(taken).toEqual([]);
    expect(problems).toEqual(['smtp.flood']);
    expect(oversize).toHaveLength(1);
    expect(oversize[0]?.bytes).toBeGreaterThan(200 * 1024);
    expect(oversize[0]?.bytes).toBeLessThan(400 * 1024);
    expect(Buffer.from(oversize[0]?.raw ?? []).equals(Buffer.from(kilobyte.repeat(64)))).toBe(true);
  });

  it('is reported when its client goes away before the end', async () => {
    const { listener, oversize } = await listen(limit);
    const client = await session(listener.port);
    await toData(client);
    client.write(kilobyte.repeat(120));
    client.end();
    await client.closed;
    await expect.poll(() => oversize.length).toBe(1);
    // The last bytes could have been the beginning of the end and are not counted.
    expect(oversize[0]?.bytes).toBeGreaterThan(119 * 1024);
    expect(oversize[0]?.raw).toHaveLength(65_536);
  });

  it('is put off like any message while too many are decided on', async () => {
    const { listener, oversize } = await listen({ ...limit, maxInFlight: 0 });
    const client = await session(listener.port);
    await toData(client);
    client.write(`${kilobyte.repeat(150)}.\r\n`);
    expect(await client.reply()).toMatch(/^451 4\.3\.2/);
    expect(oversize).toEqual([]);
  });

  it('holds no more than its 64 kB of the memory for all', async () => {
    const { listener, taken } = await listen({ ...limit, maxBufferedBytes: 200 * 1024 });
    const large = await session(listener.port);
    await toData(large);
    large.write(kilobyte.repeat(101));
    const small = await session(listener.port);
    await toData(small);
    small.write(`${kilobyte.repeat(36)}.\r\n`);
    expect(await small.reply()).toMatch(/^250/);
    expect(taken).toHaveLength(1);
    await toData(small);
    small.write(`${kilobyte.repeat(37)}.\r\n`);
    expect(await small.reply()).toMatch(/^451 4\.3\.1/);
  });

  it('shows as trouble when its size is declared, with its sender', async () => {
    const { listener, problems, details } = await listen();
    const client = await session(listener.port);
    expect(await client.command('MAIL FROM:<ann@example.com> SIZE=10001 BODY=8BITMIME')).toMatch(/^552/);
    client.write('MAIL FROM:<b\u00f6b@example.com> SIZE=99999\r\nRCPT TO:<bot@agents.test>\r\nNOOP\r\n');
    const replies = [await client.reply(), await client.reply(), await client.reply()];
    expect(replies.map((reply) => reply.slice(0, 3))).toEqual(['552', '503', '250']);
    expect(problems).toEqual(['smtp.too_large_declared', 'smtp.too_large_declared']);
    expect(details).toEqual([
      '127.0.0.1 MAIL FROM:<ann@example.com> SIZE=10001 BODY=8BITMIME',
      '127.0.0.1 MAIL FROM:<b?b@example.com> SIZE=99999',
    ]);
  });
});
