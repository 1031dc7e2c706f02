/**
 * An agent writes subjects, file names and texts, and strangers write display names. What is harmless in MIME must
 * not come to life when a provider builds a new mail from the parts.
 */
import { describe, expect, it } from 'vitest';
import { compose } from '../compose/compose.ts';
import { outgoing } from '../test-support/outgoing.ts';
import { providerReason } from './provider-answer.ts';
import { mailboxText, readProviderMessage } from './provider-message.ts';

const envelope = { sender: 'bot@agents.test', recipients: ['ann@example.com'] };
const lineBreak = /[\p{Cc}\p{Zl}\p{Zp}]/u;

async function read(change: Parameters<typeof outgoing>[0], recipients = envelope.recipients) {
  const mail = await compose(outgoing(change), false);
  if (!mail.ok) throw new Error(mail.reason);
  return await readProviderMessage({ ...envelope, recipients }, mail.raw);
}
const header = (...lines: string[]) =>
  Buffer.from(['From: bot@agents.test', 'To: ann@example.com', ...lines, '', 'x'].join('\r\n'));

describe('encoded words that hide a line break', () => {
  it.each([
    '=?utf-8?q?x=0D=0ABcc=3A_eve@evil.test?=',
    '=?utf-8?b?eA0KQmNjOiBldmVAZXZpbC50ZXN0?=',
    '=?utf-8?q?x=0ABcc=3A_eve@evil.test?=',
    '=?utf-8?q?x=E2=80=A8y?=',
    '=?utf-8?q?x=00y?=',
  ])('are one line in the subject and in a file name: %s', async (subject) => {
    const attachments = [{ filename: subject, contentType: null, content: Buffer.from('x') }];
    const parts = await read({ subject, attachments });
    if (!parts.ok) throw new Error(parts.reason);
    expect(parts.message.subject).toMatch(/^x /);
    expect(parts.message.subject).not.toMatch(lineBreak);
    expect(parts.message.attachments[0]?.filename).not.toMatch(lineBreak);
  });

  it('are one line in a display name', async () => {
    const parts = await readProviderMessage(
      envelope,
      Buffer.from(
        'From: bot@agents.test\r\nTo: =?utf-8?q?x=0D=0ABcc=3A_eve@evil.test?= <ann@example.com>\r\n\r\nx',
      ),
    );
    if (!parts.ok) throw new Error(parts.reason);
    expect(mailboxText(parts.message.to[0] ?? { address: '', name: '' })).toBe(
      '"x Bcc: eve evil.test" <ann@example.com>',
    );
  });
});

describe('a display name', () => {
  it.each([
    'Ann <eve@evil.test>',
    'Ann" <eve@evil.test>, "Bob',
    'eve@evil.test, Ann',
    'Ann\\',
    '<eve@evil.test>',
    'Ann\\" <eve@evil.test>',
  ])('brings no second address: %s', async (name) => {
    const parts = await read({ to: [{ address: 'ann@example.com', name }] });
    if (!parts.ok) throw new Error(parts.reason);
    const [mailbox] = parts.message.to;
    const text = mailbox === undefined ? '' : mailboxText(mailbox);
    expect(text.match(/@/g)).toHaveLength(1);
    expect(text).toMatch(/^[^"<>\\]*<ann@example\.com>$|^"[^"<>\\]*" <ann@example\.com>$|^ann@example\.com$/);
  });
});

describe('people', () => {
  it.each<[string, string[]]>([
    ['who are not in the envelope', []],
    ['who are missing in the headers', ['ann@example.com', 'eve@evil.test']],
    ['others', ['eve@evil.test']],
    ['twice', ['ann@example.com', 'ann@example.com']],
  ])('%s are refused', async (_, recipients) => {
    expect(await read({}, recipients)).toMatchObject({ ok: false });
  });

  it.each([
    ['Bcc', ['Bcc: eve@evil.test']],
    ['a second To', ['To: eve@evil.test']],
    ['a group', ['Cc: team: eve@evil.test;']],
    ['a Cc', ['cc: eve@evil.test']],
  ])('of %s are refused', async (_, lines) => {
    expect(await readProviderMessage(envelope, header(...lines))).toMatchObject({ ok: false });
  });

  it('without an author are refused', async () => {
    expect(await readProviderMessage(envelope, Buffer.from('To: ann@example.com\r\n\r\nx'))).toMatchObject({
      ok: false,
    });
  });
});

describe('MIME that is none of ours', () => {
  it('is refused when it is nested deeply, and does not reject', async () => {
    let body = 'x';
    for (let depth = 0; depth < 30; depth++) {
      body = `Content-Type: multipart/mixed; boundary=b${depth}\r\n\r\n--b${depth}\r\n${body}\r\n--b${depth}--\r\n`;
    }
    const raw = Buffer.from(`From: bot@agents.test\r\nTo: ann@example.com\r\n${body}`);
    expect(await readProviderMessage(envelope, raw)).toMatchObject({ ok: false });
  });
});

describe('what a provider said', () => {
  it('is one short line of printable ASCII without the key', () => {
    const reason = providerReason(
      'It answered',
      `re_secret\r\nX: y \x1b[31m re_secret ä ${'z'.repeat(9000)}`,
      're_secret',
    );
    expect(reason).toMatch(/^It answered: \[key\] X: y \?\[31m \[key\] \? z+$/);
    expect(reason.length).toBeLessThanOrEqual(500);
  });

  it('shows no part of a key that is cut', () => {
    const reason = providerReason('It answered', `${'z'.repeat(9995)}re_secret`, 're_secret');
    expect(reason).not.toContain('re_');
  });
});
