import PostalMime from 'postal-mime';
import { describe, expect, it } from 'vitest';
import { automaticSigns } from '../inspect/automatic.ts';
import { message } from '../test-support/messages.ts';
import { outgoing } from '../test-support/outgoing.ts';
import { compose } from './compose.ts';

async function composed(...args: Parameters<typeof outgoing>) {
  const mail = await compose(outgoing(...args), false);
  if (!mail.ok) throw new Error(mail.reason);
  const raw = Buffer.from(mail.raw);
  return { raw, text: raw.toString('latin1'), email: await PostalMime.parse(raw) };
}
const header = (email: Awaited<ReturnType<typeof composed>>['email'], key: string) =>
  email.headers.filter((field) => field.key === key).map((field) => field.value);

describe('compose', () => {
  it('writes the headers of an answer, each once', async () => {
    const { email } = await composed({ cc: [{ address: 'bob@example.com', name: 'Bob, B.' }] });
    expect(header(email, 'auto-submitted')).toEqual(['auto-replied']);
    expect(header(email, 'x-auto-response-suppress')).toEqual(['All']);
    expect(header(email, 'message-id')).toEqual(['<answer-1@agents.test>']);
    expect(header(email, 'in-reply-to')).toEqual(['<question@example.com>']);
    expect(header(email, 'references')).toEqual(['<first@example.com> <question@example.com>']);
    expect(header(email, 'date')).toEqual(['Tue, 14 Nov 2023 22:13:20 +0000']);
    expect(header(email, 'subject')).toEqual(['Re: Hello']);
    expect(email.from).toMatchObject({ address: 'bot@agents.test', name: 'Bot' });
    expect(email.to).toEqual([{ address: 'ann@example.com', name: 'Ann' }]);
    expect(email.cc).toEqual([{ address: 'bob@example.com', name: 'Bob, B.' }]);
    expect(header(email, 'x-mailer')).toEqual([]);
    expect(header(email, 'reply-to')).toEqual([]);
  });

  it('carries its own address as loop header, which our own door takes for a machine’s', async () => {
    const { email } = await composed();
    expect(header(email, 'x-loop')).toEqual(['bot@agents.test']);
    const headers = [{ name: 'x-loop', value: header(email, 'x-loop').join() }];
    const rest = { envelopeSender: 'bot@agents.test', fromAddress: 'bot@agents.test', subject: 'Re: Hello' };
    expect(automaticSigns({ headers, ...rest })).toEqual(['x-loop']);
  });

  it('says where answers are to go when it is told so', async () => {
    const { email } = await composed({ replyTo: { address: 'bot+secret@agents.test', name: 'Bot' } });
    expect(header(email, 'reply-to')).toHaveLength(1);
    expect(email.replyTo).toEqual([{ address: 'bot+secret@agents.test', name: 'Bot' }]);
  });

  it('leaves out threading headers where there are none', async () => {
    const { email } = await composed({ inReplyTo: null, references: [], autoSubmitted: 'auto-generated' });
    expect([...header(email, 'in-reply-to'), ...header(email, 'references')]).toEqual([]);
    expect(header(email, 'auto-submitted')).toEqual(['auto-generated']);
  });

  it('has the body as written in the text part, then the footer', async () => {
    const body = 'Line one  \n\n* item – “quoted”\n\n    code\n.dot\nFrom here\n= equals =\n\ttab ';
    const { email } = await composed({ body, footer: '[bot | ↑38]' });
    expect(email.text?.replaceAll('\r\n', '\n').trimEnd()).toBe(`${body}\n\n---\n[bot | ↑38]`);
    const bare = await composed({ body, footer: null });
    expect(bare.email.text?.replaceAll('\r\n', '\n').trimEnd()).toBe(body.trimEnd());
  });

  it('has CRLF line ends only, 7-bit lines of at most 998 bytes, whatever the body', async () => {
    const { raw, text } = await composed({
      body: `${'x'.repeat(3000)}\n${'ü'.repeat(2000)}\r\nmixed\rends\n`,
      subject: `Grüße ${'lang '.repeat(60)}`,
      attachments: [{ filename: 'ä'.repeat(80), contentType: null, content: Buffer.from([0, 10, 13, 255]) }],
    });
    expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
    expect(Math.max(...text.split('\r\n').map((line) => line.length))).toBeLessThanOrEqual(998);
    expect(raw.every((byte) => byte < 128)).toBe(true);
  });

  it('writes subject and names in any script', async () => {
    const subject = `Re: Grüße 你好 👋 ${'Ελληνικά '.repeat(20).trim()}`;
    const { email } = await composed({ subject, to: [{ address: 'ann@example.com', name: 'Änn “A” 你好' }] });
    expect(email.subject).toBe(subject);
    expect(email.to).toEqual([{ address: 'ann@example.com', name: 'Änn “A” 你好' }]);
  });

  it('carries attachments byte for byte, and neither runs nor nests them', async () => {
    const nested = message(['From: x@y.test', 'Content-Type: multipart/mixed; boundary=b']);
    const { email } = await composed({
      attachments: [
        { filename: 'data.bin', contentType: null, content: Buffer.from([0, 1, 2, 253, 254, 255]) },
        { filename: 'Bericht ü.txt', contentType: 'text/plain', content: Buffer.from('a\nb\r\n') },
        { filename: 'old.eml', contentType: 'message/rfc822', content: nested },
        { filename: 'page.MHT', contentType: null, content: nested },
      ],
    });
    expect(email.attachments.map((file) => [file.filename, file.mimeType, file.disposition])).toEqual([
      ['data.bin', 'application/octet-stream', 'attachment'],
      ['Bericht ü.txt', 'text/plain', 'attachment'],
      ['old.eml', 'application/octet-stream', 'attachment'],
      ['page.MHT', 'application/octet-stream', 'attachment'],
    ]);
    const [data, text, eml] = email.attachments.map((file) => Buffer.from(file.content as ArrayBuffer));
    expect(data).toEqual(Buffer.from([0, 1, 2, 253, 254, 255]));
    expect(text?.toString()).toBe('a\nb\r\n');
    expect(eml).toEqual(nested);
  });

  it('gives the same bytes for the same mail, and another boundary for another id', async () => {
    const attachments = [{ filename: 'a.txt', contentType: null, content: Buffer.from('hi') }];
    const [first, second] = [await composed({ attachments }), await composed({ attachments })];
    expect(first.raw.equals(second.raw)).toBe(true);
    const other = await composed({ attachments, messageId: '<answer-2@agents.test>' });
    const boundary = (text: string) => /boundary="([^"]+)"/.exec(text)?.[1];
    expect(boundary(other.text)).not.toBe(boundary(first.text));
  });

  it('keeps control characters of the body out of the mail', async () => {
    const { email } = await composed({ body: 'a\0b\x1b[31mred\x7f' });
    expect(email.text).toContain('ab[31mred');
  });

  it('shows the body unrendered when it is asked to', async () => {
    const mail = await compose(outgoing({ body: '**not bold** <b>' }), true);
    const email = await PostalMime.parse(mail.ok ? mail.raw : '');
    expect(email.html).toContain('**not bold** &lt;b&gt;');
    expect(email.html).not.toContain('<strong>');
  });
});
