/** SMTP smuggling: only CR LF . CR LF ends a message, so no sequence inside one can start another. */

import type { SmtpSession } from '@tinyfat/testing/smtp-session';
import { afterEach, describe, expect, it } from 'vitest';
import { smtpHarness } from '../../test-support/smtp-harness.ts';
import type { SmtpDelivery } from './contract.ts';

const inner =
  'MAIL FROM:<ceo@example.com>\r\nRCPT TO:<bot@agents.test>\r\nDATA\r\nFrom: ceo@example.com\r\n\r\nsmuggled';

const sequences: [string, string][] = [
  ['LF . LF', '\n.\n'],
  ['LF . CR LF', '\n.\r\n'],
  ['CR LF . LF', '\r\n.\n'],
  ['CR . CR', '\r.\r'],
  ['CR . CR LF', '\r.\r\n'],
  ['CR . LF', '\r.\n'],
  ['CR LF . CR', '\r\n.\r'],
  ['CR LF . CR CR LF', '\r\n.\r\r\n'],
  ['CR CR LF . CR', '\r\r\n.\r'],
  ['LF CR . CR LF', '\n\r.\r\n'],
  ['CR LF NUL . CR LF', '\r\n\0.\r\n'],
  ['CR LF . NUL CR LF', '\r\n.\0\r\n'],
  ['CR LF . blank CR LF', '\r\n. \r\n'],
  ['CR LF blank . CR LF', '\r\n .\r\n'],
  ['CR NUL LF . CR LF', '\r\0\n.\r\n'],
  ['CR LF . CR NUL LF', '\r\n.\r\0\n'],
  ['NEL . NEL', '\u0085.\u0085'],
  ['LINE SEPARATOR . LINE SEPARATOR', '\u2028.\u2028'],
];

describe('SMTP smuggling', () => {
  const { listen, session, toData, close } = smtpHarness();
  afterEach(close);

  const ways = ['at once', 'byte by byte'] as const;
  const places: [string, string][] = [
    ['inside a message', 'From: ann@example.com\r\n\r\nhello'],
    ['at the beginning of a message', ''],
  ];

  /** Sends what follows DATA for one message, with a command behind it; gives what was said and stored. */
  async function outcome(client: SmtpSession, taken: SmtpDelivery[], content: string, way: string) {
    await toData(client);
    const before = taken.length;
    if (way === 'at once') client.write(`${content}.\r\nNOOP\r\n`);
    else await client.trickle(`${content}.\r\nNOOP\r\n`);
    const replies = [await client.reply(), await client.reply(), await client.command('RSET')];
    const stored = taken.slice(before).map(({ sender, raw }) => [sender, Buffer.from(raw).toString()]);
    return { replies, stored };
  }
  const one = (content: string) => ({
    replies: ['250 2.0.0 Stored', '250 OK', '250 Flushed'],
    stored: [['ann@example.com', content]],
  });

  it.each(ways.flatMap((way) => places.map(([place, head]) => ({ way, place, head }))))(
    'no look-alike ends a message $place that comes $way, and each is stored as it is',
    async ({ way, head }) => {
      const { listener, taken } = await listen();
      const client = await session(listener.port);
      for (const [name, sequence] of sequences) {
        const content = `${head}${sequence}${inner}\r\n`;
        expect({ name, ...(await outcome(client, taken, content, way)) }).toEqual({ name, ...one(content) });
      }
    },
  );

  it.each(ways)(
    'stuffed dots of a message that comes %s are undone (RFC 5321 section 4.5.2)',
    async (way) => {
      const { listener, taken } = await listen();
      const client = await session(listener.port);
      for (const [sent, meant] of [
        ['..\r\n', '.\r\n'],
        ['..\r\n..\r\n', '.\r\n.\r\n'],
        ['..a\r\n', '.a\r\n'],
        ['...\r\n', '..\r\n'],
        ['a\r\n..\r\nb\r\n', 'a\r\n.\r\nb\r\n'],
        ['a\r\n..\r\n..\r\nb\r\n', 'a\r\n.\r\n.\r\nb\r\n'],
        ['a\r\n...\r\nb\r\n', 'a\r\n..\r\nb\r\n'],
        [`a\r\n..\r\n${inner}\r\n`, `a\r\n.\r\n${inner}\r\n`],
        ['', ''],
      ] as const) {
        expect(await outcome(client, taken, sent, way)).toEqual(one(meant));
      }
    },
  );

  it('a dot more after a bare LF is lost with the stuffed ones, and ends nothing', async () => {
    const { listener, taken } = await listen();
    const client = await session(listener.port);
    const sent = `a\n..\r\n${inner}\r\n`;
    expect(await outcome(client, taken, sent, 'at once')).toEqual(one(`a\n.\r\n${inner}\r\n`));
  });

  it('stores every byte as it came, in headers and body', async () => {
    const { listener, taken } = await listen();
    const client = await session(listener.port);
    await toData(client);
    const every = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    const sent = Buffer.concat([
      Buffer.from('Subject: a\rb\nc\0d \r\nX\n: y\r\r\n'),
      every,
      Buffer.from('\r\n\r\n'),
      every,
      Buffer.from('\n\n\r\r\0\0\r\n'),
    ]);
    client.write(Buffer.concat([sent, Buffer.from('.\r\nNOOP\r\nQUIT\r\n')]));
    const replies = [await client.reply(), await client.reply(), await client.reply()];
    expect(replies).toEqual(['250 2.0.0 Stored', '250 OK', '221 Bye']);
    expect(taken.map((delivery) => Buffer.from(delivery.raw).equals(sent))).toEqual([true]);
  });

  it('takes a second message that was sent before the answer to the first', async () => {
    const { listener, taken } = await listen();
    const client = await session(listener.port);
    await toData(client);
    const second = 'MAIL FROM:<bob@example.org>\r\nRCPT TO:<eve@agents.test>\r\nDATA\r\n';
    client.write(`one\r\n.\r\n${second}two\r\n.\r\nQUIT\r\n`);
    const replies = [];
    for (let n = 0; n < 6; n += 1) replies.push((await client.reply()).slice(0, 3));
    expect(replies).toEqual(['250', '250', '250', '354', '250', '221']);
    expect(
      taken.map(({ sender, recipients, raw }) => [sender, recipients, Buffer.from(raw).toString()]),
    ).toEqual([
      ['ann@example.com', ['bot@agents.test'], 'one\r\n'],
      ['bob@example.org', ['eve@agents.test'], 'two\r\n'],
    ]);
  });
});
