/** Messages made to cost: each is refused, or dealt with in the time that it may take, by real workers. */

import { MAX_DECODED_BYTES } from '@tinyfat/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MailWorkers } from '../contract/mail.ts';
import { rawLimits } from '../mime/raw-limits.ts';
import { mailWorkers } from '../node/threads/mail-workers.ts';
import { message, strangeClient, trustedClient } from '../test-support/messages.ts';
import { outgoing } from '../test-support/outgoing.ts';

const from = ['From: ann@example.com', 'Subject: x'];
const boundaryBomb = message(
  [...from, 'Content-Type: multipart/mixed; boundary=b'],
  '--b\r\n\r\n'.repeat(500_000),
);
const blankLineBomb = message(from, '\r\n'.repeat(2_000_000));
const nestingBomb = Buffer.from(
  `From: a@b.test\r\n${Array.from({ length: 1900 }, (_, n) => `Content-Type: multipart/mixed; boundary=b${n}\r\n\r\n--b${n}\r\n`).join('')}`,
);

/** A message of one part whose lines are short on the wire, whatever they are when decoded. */
function encoded(type: string, body: string): Buffer {
  const lines =
    Buffer.from(body)
      .toString('base64')
      .match(/.{1,76}/g) ?? [];
  return message([...from, `Content-Type: ${type}`, 'Content-Transfer-Encoding: base64'], lines.join('\r\n'));
}

describe('bombs', () => {
  let workers: MailWorkers;
  /** One thread for what has to be dealt with in little time, one after the other. */
  let quick: MailWorkers;
  beforeAll(() => {
    workers = mailWorkers({ threads: 2, dns: { servers: ['127.0.0.1:9'] }, hostname: 'mx.agents.test' });
    const limits = { readMs: 4000, composeMs: 4000 };
    quick = mailWorkers({ threads: 1, dns: { servers: [] }, hostname: 'mx.test', limits });
  });
  afterAll(async () => {
    await workers.close();
    await quick.close();
  });
  const look = (raw: Uint8Array) => workers.inspect(raw, trustedClient, 'ann@example.com');

  it.each<[string, Uint8Array, string]>([
    ['half a million boundaries', boundaryBomb, 'too_complex'],
    ['two million blank lines', blankLineBomb, 'too_complex'],
    ['more bytes than allowed', Buffer.alloc(rawLimits.bytes + 1, 'x'), 'too_large'],
    ['one endless header', message([...from, `X: ${'y'.repeat(300_000)}`]), 'too_complex'],
    ['a header folded forever', message([...from, `X: y${'\r\n z'.repeat(60_000)}`]), 'too_complex'],
    [
      'twenty thousand headers',
      message([...from, ...Array.from({ length: 20_000 }, () => 'X: y')]),
      'too_complex',
    ],
    [
      'two hundred thousand CRs in a header',
      message([...from, `To: ${'\r'.repeat(200_000)}`]),
      'too_complex',
    ],
    [
      'a signature with a long blank',
      message([...from, `DKIM-Signature: v=1; a=rsa-sha256; d=x.test; s=s; b=A${' '.repeat(100_000)}x`]),
      'too_complex',
    ],
    [
      'a header of blanks of other scripts',
      message([...from, `DKIM-Signature: v=1; b=A${'\u3000\u00a0'.repeat(600)}x`]),
      'too_complex',
    ],
    ['25 MB in 25 lines', message(from, `${'x'.repeat(999_000)}\r\n`.repeat(25)), 'too_complex'],
    ['800,000 short lines', message(from, '1234567\r\n'.repeat(800_000)), 'too_complex'],
    ['parts nested 1,900 deep', nestingBomb, 'too_complex'],
    [
      'a hundred signatures',
      message([...from, ...Array.from({ length: 100 }, () => 'DKIM-Signature: v=1; l=1')]),
      'too_complex',
    ],
  ])('inspect and read refuse %s', async (_, raw, code) => {
    expect(await look(raw)).toMatchObject({ ok: false, code });
    const read = await workers.read(raw);
    if (code === 'too_large') expect(read).toMatchObject({ ok: false, code });
    if (raw === boundaryBomb || raw === blankLineBomb) expect(read).toMatchObject({ ok: false, code });
  });

  it('refuses parts nested 1,900 deep', async () => {
    expect(await workers.read(nestingBomb)).toMatchObject({ ok: false, code: 'unreadable' });
  });

  it('reads a message of the greatest size allowed', async () => {
    const LINES = Math.floor(MAX_DECODED_BYTES / 57) - 1;
    const line = `${'QUJD'.repeat(19)}\r\n`;
    const body = [
      '--b',
      'Content-Type: application/octet-stream',
      'Content-Transfer-Encoding: base64',
      '',
      line.repeat(LINES),
      '--b--',
    ];
    const raw = message([...from, 'Content-Type: multipart/mixed; boundary=b'], body.join('\r\n'));
    expect(raw.length).toBeGreaterThan(34 * 1024 * 1024);
    expect(await look(raw)).toMatchObject({ ok: true });
    const read = await workers.read(raw);
    expect(read.ok && read.content.attachments[0]?.content.length).toBe(57 * LINES);
  });

  it.each([
    ['HTML made of escapes', '<', 'text/html'],
    ['a text that grows when it is shown as HTML', '<&>"', 'text/plain'],
  ])('needs little memory for %s', async (_, unit, type) => {
    // Expanded by the parser itself, a character took more than 60 bytes, and could end the whole process.
    const base64 = Buffer.from(unit.repeat(6_000_000 / unit.length)).toString('base64');
    const lines = base64.match(/.{1,76}/g)?.join('\r\n') ?? '';
    const parts = [
      `--b\r\nContent-Type: ${type}; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n${lines}`,
      '--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<b>ü</b>',
      '--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nbefore\r\n--b--',
    ];
    const tight = mailWorkers({ threads: 1, dns: { servers: [] }, hostname: 'x', limits: { memoryMb: 192 } });
    const read = await tight.read(
      message([...from, 'Content-Type: multipart/mixed; boundary=b'], parts.join('\r\n')),
    );
    await tight.close();
    expect(read).toMatchObject({ ok: true });
    expect(read.ok && read.content.text.length).toBeLessThan(300_000);
  });

  it.each([
    ['a To header of 200 kB of commas', [...from, `To: ${','.repeat(200_000)}`]],
    ['a To header of open brackets', [...from, `To: ${'<('.repeat(100_000)}`]],
    ['a From header of quotes', ['Subject: x', `From: ${'"\\'.repeat(100_000)}`]],
    ['encoded words without end', [...from, `Subject: ${'=?utf-8?q?'.repeat(20_000)}`]],
    ['encoded words of nothing', [...from, `Subject: ${'=?utf-8?q??= '.repeat(15_000)}`]],
    ['50,000 references', [...from, `References: ${'<a@b> '.repeat(30_000)}`]],
    ['folds before a colon', [...from, `From${'\r\n '.repeat(9_000)}x`]],
  ])('comes back from %s', async (_, headers) => {
    expect(await look(message(headers))).toHaveProperty('ok');
  });

  it.each([
    ['deep divs', '<div>'.repeat(190_000)],
    ['deep quotes', '<blockquote>'.repeat(50_000)],
    ['deep tables', '<table><tr><td>'.repeat(20_000)],
    ['unclosed comments', '<!--'.repeat(200_000)],
    ['open tags', '<a '.repeat(300_000)],
    ['attributes', `<p ${'a=b '.repeat(240_000)}>x`],
    ['entities', '&amp'.repeat(240_000)],
  ])('reads HTML of %s, plainly if need be', async (_, html) => {
    const read = await quick.read(encoded('text/html', `<p>before</p>${html}`));
    expect(read).toMatchObject({ ok: true });
    expect(read.ok && read.content.text + read.content.quoted).toContain('before');
  });

  it.each([
    ['attributions without an end', 'Op schreef\r\n'.repeat(20_000)],
    ['one line of 250 kB', 'On x '.repeat(50_000)],
    ['quote marks', '>'.repeat(250_000)],
    ['dashes', '-'.repeat(250_000)],
    ['header look-alikes', 'From: <\r\n'.repeat(25_000)],
  ])('reads a text of %s, plainly if need be', async (_, body) => {
    const read = await quick.read(encoded('text/plain', `before\r\n${body}`));
    expect(read).toMatchObject({ ok: true });
    expect(read.ok && read.content.text + read.content.quoted).toContain('before');
  });

  it.each([
    ['nested quotes', '> '.repeat(20_000)],
    ['nested lists', Array.from({ length: 700 }, (_, n) => `${' '.repeat(n * 2)}- a`).join('\n')],
    ['stars', '*a '.repeat(80_000)],
    ['brackets', '['.repeat(100_000)],
    ['backticks', Array.from({ length: 600 }, (_, n) => '`'.repeat(n)).join(' ')],
    ['link definitions', '[a]: x\n'.repeat(30_000)],
    ['table pipes', `${'|'.repeat(3000)}\n${'-|'.repeat(3000)}\n${'|'.repeat(3000)}`],
    ['HTML tags', '<b><i>'.repeat(40_000)],
  ])('composes Markdown of %s, plainly if need be', async (_, markdown) => {
    const composed = await quick.compose(outgoing({ body: `before\n\n${markdown}` }));
    expect(composed).toMatchObject({ ok: true });
  });

  it('still inspects ordinary mail after all of that', async () => {
    const look = await workers.inspect(message(from), strangeClient, 'ann@example.com');
    expect(look).toMatchObject({ ok: true, evidence: { source: 'verified' } });
  });
});
