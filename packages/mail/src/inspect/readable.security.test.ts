/** What the door lets in at its very limits can be read, in the memory of a thread; what is beyond them is refused there. */
import { MAX_DECODED_BYTES, MAX_MESSAGE_BYTES } from '@tinyfat/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MailWorkers } from '../contract/mail.ts';
import { treeLimits } from '../mime/mime-tree.ts';
import { rawLimits } from '../mime/raw-limits.ts';
import { mailWorkers } from '../node/threads/mail-workers.ts';
import { message, trustedClient } from '../test-support/messages.ts';

/** So much of a line as fits, after headers. */
const fill = (
  line: string,
  headers: string[] = [],
  most = rawLimits.lines - 100,
  room = MAX_MESSAGE_BYTES,
) => {
  const head = message(['From: ann@example.com', ...headers], '');
  const bytes = Math.min(room - head.length, most * line.length);
  return Buffer.concat([head, Buffer.alloc(bytes - (bytes % line.length), line)]);
};
/** Not encoded, as much as may be. */
const plain = (line: string) => fill(line, [], rawLimits.lines - 100, MAX_DECODED_BYTES);
/** Lines of 57 bytes each. */
const FULL_BASE64 = Math.floor(MAX_DECODED_BYTES / 57);
const base64 = (text: string) => `${Buffer.alloc(57, text).toString('base64')}\r\n`;
const encoding = (name: string) => `Content-Transfer-Encoding: ${name}`;
const multipart = 'Content-Type: multipart/mixed; boundary=b';
const nested = Array.from(
  { length: treeLimits.depth },
  (_, n) => `--b${n}\r\nContent-Type: multipart/mixed; boundary=b${n + 1}\r\n\r\n`,
).join('');

describe('a mail at the limits', () => {
  let workers: MailWorkers;
  beforeAll(() => {
    // So long that a busy machine is no reason; the memory is the one of the server.
    const limits = { inspectMs: 100_000, readMs: 100_000 };
    workers = mailWorkers({ threads: 1, dns: { servers: [] }, hostname: 'mx.agents.test', limits });
  });
  afterAll(() => workers.close());

  it.each<[string, () => Buffer]>([
    ['of short lines', () => fill('1234567\r\n')],
    ['of full size without encoding', () => plain(`${'x'.repeat(64)}\r\n`)],
    ['of the longest lines', () => plain(`${'x'.repeat(rawLimits.lineBytes - 3)}\r\n`)],
    ['of base64 with padding in each line', () => fill('QUJDQQ==\r\n', [encoding('base64')], 340_000)],
    ['of units of base64', () => fill(`${'A='.repeat(38)}\r\n`, [encoding('base64')])],
    [
      'of hidden line ends',
      () => fill(base64('\n'), ['Content-Type: text/plain; format=flowed', encoding('base64')], FULL_BASE64),
    ],
    ['of escapes', () => fill(`${'=41'.repeat(25)}=\r\n`, [encoding('quoted-printable')])],
    ['of parts', () => fill('--b\r\nContent-Type: image/png\r\n\r\nx\r\n', [multipart], 1_990)],
    [
      'of headers of parts',
      () => fill(`--b\r\nX: ${'y'.repeat(2_000)}\r\n\r\n${'x'.repeat(900)}\r\n`, [multipart], 1_990),
    ],
    [
      'of nested parts',
      () => message(['From: ann@example.com', multipart.replace('=b', '=b0')], `${nested}\r\nx`),
    ],
  ])('%s is let in and read', async (_, make) => {
    const raw = make();
    expect(await workers.inspect(raw, trustedClient, 'ann@example.com')).toMatchObject({ ok: true });
    const read = await workers.read(raw);
    expect(read.ok ? 'read' : read).toBe('read');
  });

  it.each<[string, () => Buffer]>([
    ['not encoded', () => fill(`${'x'.repeat(64)}\r\n`)],
    ['in base64', () => fill(base64('x'), [encoding('base64')], FULL_BASE64 + 1)],
    ['in quoted-printable', () => fill(`${'x'.repeat(75)}=\r\n`, [encoding('quoted-printable')])],
    [
      'in two parts',
      () => {
        const part = `--b\r\n${encoding('base64')}\r\n\r\n${base64('x').repeat(FULL_BASE64 / 2 + 1)}`;
        return message(['From: ann@example.com', multipart], `${part}${part}--b--\r\n`);
      },
    ],
  ])('that holds more than it may, %s, is refused at the door and told both limits', async (_, make) => {
    const raw = make();
    expect(raw.length).toBeLessThanOrEqual(MAX_MESSAGE_BYTES);
    expect(await workers.inspect(raw, trustedClient, 'ann@example.com')).toMatchObject({
      ok: false,
      code: 'too_large',
      reason: expect.stringContaining('at most 25 MiB are taken, which are up to 36 MiB'),
    });
  });

  it.each<[string, () => Buffer]>([
    ['of more lines', () => fill('1234567\r\n', [], rawLimits.lines + 1)],
    ['of longer lines', () => fill(`${'x'.repeat(rawLimits.lineBytes)}\r\n`)],
    ['of more parts', () => fill('--b\r\n\r\n', [multipart], 2_001)],
    [
      'of more headers of parts',
      () => fill(`--b\r\nX: ${'y'.repeat(2_200)}\r\n\r\n${'x'.repeat(900)}\r\n`, [multipart], 1_990),
    ],
  ])('%s is refused at the door', async (_, make) => {
    expect(await workers.inspect(make(), trustedClient, 'ann@example.com')).toMatchObject({
      ok: false,
      code: 'too_complex',
    });
  });
});
