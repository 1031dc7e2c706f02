/** Anything that a client may send: the listener stays up, loses nothing, and answers each message once. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { fuzzRuns, fuzzTimeout } from '@tinyfat/testing/fuzz-runs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientStream, content, converse, cut, pieces } from '../../test-support/smtp-fuzz.ts';
import { type Listening, smtpHarness, tooLarge } from '../../test-support/smtp-harness.ts';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

const clientsAtOnce = 25;
const maxMessageBytes = 10_000;

describe('fuzzing smtpListener', () => {
  const { listen, session, toData, close } = smtpHarness();
  let heard: Listening;
  let stored = 0;

  beforeAll(async () => {
    heard = await listen({
      maxMessageBytes,
      maxBufferedBytes: maxMessageBytes * clientsAtOnce * 2,
      maxConnections: clientsAtOnce,
      maxConnectionsPerClient: clientsAtOnce,
      maxInFlight: clientsAtOnce,
      maxRefusalsPerClientHour: 100_000,
      onMessage: async ({ raw }) => {
        if (raw.length % 5 === 0) throw new Error('disk full');
        stored += 1;
        return { code: 250, enhanced: '2.0.0', text: `Stored ${stored}` };
      },
      onOversize: async () => tooLarge,
    });
  });
  afterAll(close);

  /** Everything said in one session: replies are whole lines, and each 354 has its one answer behind it. */
  function check(received: string): number {
    const replies = received.split('\r\n');
    expect(replies.pop()).toBe('');
    let answered = 0;
    for (const [n, reply] of replies.entries()) {
      expect(reply).toMatch(/^[2-5]\d\d[ -][ -~]*$/);
      const answer = /^(250 2\.0\.0 Stored|451 4\.3\.|552 5\.3\.4 Over)/.test(reply);
      expect(answer).toBe(replies[n - 1]?.startsWith('354') ?? false);
      if (reply.startsWith('250 2.0.0 Stored')) answered += 1;
    }
    return answered;
  }

  it('gives one answer to each message of whatever is sent', fuzzTimeout(5, 1_000), async () => {
    const group = fc.array(clientStream, { minLength: clientsAtOnce, maxLength: clientsAtOnce });
    await fc.assert(
      fc.asyncProperty(group, async (streams) => {
        const before = stored;
        const received = await Promise.all(streams.map((stream) => converse(heard.listener.port, stream)));
        const answered = received.map(check).reduce((sum, count) => sum + count, 0);
        expect(answered).toBe(stored - before);
      }),
      fuzzRuns(5),
    );
  });

  it('stores what stands before the end, however it comes', fuzzTimeout(60, 200), async () => {
    const { listener, taken } = await listen();
    const client = await session(listener.port);
    await fc.assert(
      fc.asyncProperty(content.map(withoutEnd), pieces, async (bytes, sizes) => {
        await toData(client);
        const ended = Buffer.concat([bytes, Buffer.from('\r\n.\r\nNOOP\r\n')]);
        for (const piece of cut({ bytes: ended, pieces: sizes })) {
          client.write(piece);
          await new Promise((resolve) => setImmediate(resolve));
        }
        expect([await client.reply(), await client.reply()]).toEqual(['250 2.0.0 Stored', '250 OK']);
        expect(Buffer.from(taken.pop()?.raw ?? []).toString('latin1')).toBe(unstuffed(bytes));
        expect(taken).toEqual([]);
      }),
      fuzzRuns(60),
    );
  });

  it('gives back all places and all memory, and takes good mail as before', async () => {
    const leaving = fc.sample(clientStream, { seed: 5, numRuns: clientsAtOnce });
    await Promise.all(
      leaving.map(async ({ bytes }, n) => {
        const client = await session(heard.listener.port, false);
        client.write(bytes.subarray(0, Math.floor((bytes.length * n) / clientsAtOnce)));
        client.end();
        await client.closed;
      }),
    );
    await expect
      .poll(async () => {
        const client = await session(heard.listener.port, false);
        const greeting = await client.reply();
        client.end();
        return greeting;
      })
      .toMatch(/^220/);
    collectGarbage();
    const before = process.memoryUsage();
    const streams = fc.sample(clientStream, { seed: 6, numRuns: clientsAtOnce });
    for (let round = 0; round < 3; round += 1) {
      await Promise.all(streams.map((stream) => converse(heard.listener.port, stream)));
    }
    collectGarbage();
    const after = process.memoryUsage();
    const growth = after.heapUsed + after.external - before.heapUsed - before.external;
    expect(growth).toBeLessThan(5_000_000);

    const clients = await Promise.all(
      Array.from({ length: clientsAtOnce }, () => session(heard.listener.port)),
    );
    for (const client of clients) {
      await toData(client);
      client.write(`${'x'.repeat(maxMessageBytes - 3)}\r\n`);
    }
    for (const client of clients) {
      client.write('.\r\n');
      expect(await client.reply()).toMatch(/^250 2\.0\.0 Stored/);
    }
  });
});

/**
 * The content with each end of a message in it made into something else, and two dots after a bare LF too:
 * smtp-server takes one of them away.
 */
function withoutEnd(bytes: Buffer): Buffer {
  const text = bytes.toString('latin1').replace(/(?<=^|\r\n)\.(?=\r\n|$)/g, '-');
  return Buffer.from(text.replace(/(?<=^|[^\r])\n\.\./g, '\n-.'), 'latin1');
}

/** What stands for the content in the store (RFC 5321 section 4.5.2). */
function unstuffed(bytes: Buffer): string {
  return `${bytes.toString('latin1')}\r\n`.replace(/(?<=^|\r\n)\.\./g, '.');
}
