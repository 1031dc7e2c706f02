/** What a message costs in memory while it comes, and how much of it one client may have. */
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { byteBudget } from '@tinyfat/core';
import { afterEach, describe, expect, it } from 'vitest';
import { smtpHarness } from '../../test-support/smtp-harness.ts';
import { collectMessage } from './collect-message.ts';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');
const kilobyte = `${'x'.repeat(1022)}\r\n`;

describe('memory of messages that come', () => {
  const { listen, session, toData, close } = smtpHarness();
  afterEach(close);

  it('is that of their bytes, however small the pieces are that they come in', async () => {
    // smtp-server hands over a piece for each dot that it unstuffs: half a million for 2 MB of dots.
    const pieces = 500_000;
    const stream = Object.assign(new PassThrough(), { byteLength: 0, sizeExceeded: false });
    const collected = collectMessage(stream, 10_000_000, byteBudget(10_000_000).open(), 60_000);
    collectGarbage();
    const before = process.memoryUsage();
    for (let n = 0; n < pieces; n += 1) {
      if (!stream.write(Buffer.from('\r\n.'))) await once(stream, 'drain');
    }
    collectGarbage();
    const after = process.memoryUsage();
    const growth = after.heapUsed + after.external - before.heapUsed - before.external;
    expect(growth).toBeLessThan(10_000_000);
    stream.end();
    const message = await collected;
    expect(message.state === 'complete' && message.raw.equals(Buffer.from('\r\n.'.repeat(pieces)))).toBe(
      true,
    );
  });

  it('is for one client the half of what there is, so that others have room', async () => {
    const { listener } = await listen({ maxMessageBytes: 40 * 1024, maxBufferedBytes: 100 * 1024 });
    const greedy = [await session(listener.port), await session(listener.port)];
    for (const client of greedy) {
      await toData(client);
      client.write(kilobyte.repeat(24));
    }
    const third = await session(listener.port);
    await toData(third);
    third.write(`${kilobyte.repeat(30)}.\r\n`);
    expect(await third.reply()).toMatch(/^451 4\.3\.1/);
    const other = await session(listener.port, true, '127.0.0.2');
    await toData(other);
    other.write(`${kilobyte.repeat(30)}.\r\n`);
    expect(await other.reply()).toMatch(/^250/);
  });

  it('is free for a trusted client until all of it is taken', async () => {
    const { listener } = await listen({
      maxMessageBytes: 40 * 1024,
      maxBufferedBytes: 100 * 1024,
      trustedClients: ['127.0.0.1'],
    });
    for (const kilobytes of [35, 35]) {
      const client = await session(listener.port);
      await toData(client);
      client.write(kilobyte.repeat(kilobytes));
    }
    const third = await session(listener.port);
    await toData(third);
    third.write(`${kilobyte.repeat(20)}.\r\n`);
    expect(await third.reply()).toMatch(/^250/);
    await toData(third);
    third.write(`${kilobyte.repeat(35)}.\r\n`);
    expect(await third.reply()).toMatch(/^451 4\.3\.1/);
  });

  it('is held until the answer, and given back whatever the answer was', async () => {
    const gate = Promise.withResolvers<void>();
    const { listener } = await listen({
      maxMessageBytes: 40 * 1024,
      maxBufferedBytes: 50 * 1024,
      onMessage: async () => {
        await gate.promise;
        throw new Error('disk full');
      },
    });
    const [first, second] = [await session(listener.port), await session(listener.port)];
    await toData(first);
    first.write(`${kilobyte.repeat(30)}.\r\n`);
    await toData(second);
    second.write(`${kilobyte.repeat(30)}.\r\n`);
    expect(await second.reply()).toMatch(/^451 4\.3\.1/);
    gate.resolve();
    expect(await first.reply()).toMatch(/^451 4\.3\.0/);
    await toData(second);
    second.write(`${kilobyte.repeat(30)}.\r\n`);
    expect(await second.reply()).toMatch(/^451 4\.3\.0/);
  });
});
