import { describe, expect, it } from 'vitest';
import type { MailContent } from '../contract/mail.ts';
import { message } from '../test-support/messages.ts';
import { textLimit } from './clean-text.ts';
import { readMail } from './read-mail.ts';

const from = ['From: ann@example.com', 'Subject: x', 'In-Reply-To: <a@agents.test>', 'MIME-Version: 1.0'];

async function contentOf(raw: Uint8Array, plain = false): Promise<MailContent> {
  const read = await readMail(raw, plain);
  if (!read.ok) throw new Error(read.reason);
  return read.content;
}
function part(headers: string[], body: string): string {
  return ['--b', ...headers, '', body].join('\r\n');
}
const multipart = (type: string, ...parts: string[]) =>
  message([...from, `Content-Type: multipart/${type}; boundary=b`], [...parts, '--b--'].join('\r\n'));

describe('readMail', () => {
  it('prefers the sender’s plain text, and parts its quote', async () => {
    const raw = multipart(
      'alternative',
      part(
        ['Content-Type: text/plain; charset=utf-8', 'Content-Transfer-Encoding: quoted-printable'],
        'Gr=C3=BC=C3=9Fe\r\n\r\nOn Mon, Bot wrote:\r\n> old',
      ),
      part(['Content-Type: text/html'], '<p>html</p>'),
    );
    expect(await contentOf(raw)).toMatchObject({
      text: 'Grüße',
      quoted: 'On Mon, Bot wrote:\n> old',
      attachments: [],
    });
  });

  it.each([
    [
      'with HTML only',
      message(
        [...from, 'Content-Type: text/html'],
        '<p>Do <b>it</b>.</p><blockquote type="cite">old</blockquote>',
      ),
    ],
    [
      'with an empty text part',
      multipart(
        'alternative',
        part(['Content-Type: text/plain'], ' \r\n'),
        part(['Content-Type: text/html'], '<p>Do it.</p><blockquote type="cite">old</blockquote>'),
      ),
    ],
  ])('reads a mail %s', async (_, raw) => {
    const { text: body, quoted } = await contentOf(raw);
    expect(body).toBe('Do it.');
    expect(quoted).toContain('old');
  });

  it('reads charsets other than UTF-8', async () => {
    const raw = Buffer.concat([
      message([...from, 'Content-Type: text/plain; charset=iso-8859-1'], ''),
      Buffer.from([0xfc, 0x0d, 0x0a]),
    ]);
    expect((await contentOf(raw)).text).toBe('ü');
  });

  it('gives attachments as they are, and images that the HTML shows as inline', async () => {
    const raw = multipart(
      'related',
      part(['Content-Type: text/html'], '<p>see</p><img src="cid:pic@x">'),
      part(
        [
          'Content-Type: image/png',
          'Content-ID: <pic@x>',
          'Content-Transfer-Encoding: base64',
          'Content-Disposition: inline; filename=pic.png',
        ],
        'iVBORw==',
      ),
      part(
        ['Content-Type: image/png', 'Content-ID: <other@x>', 'Content-Transfer-Encoding: base64'],
        'iVBORw==',
      ),
      part(
        [
          'Content-Type: application/pdf; name="=?utf-8?q?=C3=BC=2Epdf?="',
          'Content-Disposition: attachment',
          'Content-Transfer-Encoding: base64',
        ],
        'JVBERg==',
      ),
    );
    const { attachments } = await contentOf(raw);
    expect(attachments.map(({ content, ...rest }) => ({ ...rest, size: content.length }))).toEqual([
      {
        filename: 'pic.png',
        contentType: 'image/png',
        disposition: 'inline',
        contentId: 'pic@x',
        detectedType: null,
        marks: [],
        size: 4,
      },
      {
        filename: null,
        contentType: 'image/png',
        disposition: 'attachment',
        contentId: 'other@x',
        detectedType: null,
        marks: [],
        size: 4,
      },
      {
        filename: 'ü.pdf',
        contentType: 'application/pdf',
        disposition: 'attachment',
        contentId: null,
        detectedType: 'application/pdf',
        marks: [],
        size: 4,
      },
    ]);
  });

  it('shows everybody whom the headers name, groups flattened', async () => {
    const raw = message([...from, 'To: Team: bot@agents.test, b@agents.test;', 'Cc: "C, D" <c@example.com>']);
    expect(await contentOf(raw)).toMatchObject({
      to: [
        { address: 'bot@agents.test', name: '' },
        { address: 'b@agents.test', name: '' },
      ],
      cc: [{ address: 'c@example.com', name: 'C, D' }],
    });
  });

  it('reads a mail with no body, no MIME, or nothing at all', async () => {
    expect(await contentOf(message(from, ''))).toMatchObject({ text: '', quoted: '', attachments: [] });
    expect((await contentOf(Buffer.from('From: a@b\n\nbare LF\n'))).text).toBe('bare LF');
    expect(await contentOf(Buffer.alloc(0))).toMatchObject({ text: '', quoted: '', attachments: [] });
  });

  it.each(['', '; boundary=other'])(
    'shows a multipart body that has no such boundary%s',
    async (boundary) => {
      const raw = message([...from, `Content-Type: multipart/mixed${boundary}`], 'Grüße an alle');
      expect(await contentOf(raw)).toMatchObject({ text: 'Grüße an alle', attachments: [] });
    },
  );

  it('takes control characters out of the text', async () => {
    const raw = Buffer.concat([message(from, ''), Buffer.from('a\0b\x07c\x1b[31md\te\r\n')]);
    expect((await contentOf(raw)).text).toBe('abc[31md\te');
  });

  it('cuts a text beyond the limit, and says so in its last line', async () => {
    const { text: body, quoted } = await contentOf(message(from, 'line of text\r\n'.repeat(40_000)));
    expect(quoted).toBe('');
    expect(body.split('\n').at(-1)).toMatch(
      /^\[Cut here: this part of the mail has 520\d{3} characters, 262144 are shown\.\]$/,
    );
    expect(body.length).toBeLessThan(textLimit + 200);
  });

  it('says at the end of the quote when that is what was cut', async () => {
    const raw = message(
      from,
      `Do it.\r\n\r\nOn Mon, Bot wrote:\r\n${'> old text of ours\r\n'.repeat(20_000)}`,
    );
    const { text: body, quoted } = await contentOf(raw);
    expect(body).toBe('Do it.');
    expect(quoted.split('\n').at(-1)).toMatch(/^\[Cut here/);
  });

  it('keeps every word when it is asked to read plainly, and calls none of the HTML the sender’s', async () => {
    const raw = message(from, 'Do it.\r\n\r\nOn Mon, Bot wrote:\r\n> old');
    expect(await contentOf(raw, true)).toMatchObject({ text: 'Do it.', quoted: 'On Mon, Bot wrote:\n> old' });
    const html = message(
      [...from, 'Content-Type: text/html'],
      '<p>/model opus</p><blockquote>old</blockquote>',
    );
    const content = await contentOf(html, true);
    expect(content.text).toBe('');
    expect(content.quoted).toMatch(/\/model opus\s+old/);
  });

  it('refuses parts nested deeper than any mail program makes them', async () => {
    const levels = Array.from(
      { length: 60 },
      (_, n) => `Content-Type: multipart/mixed; boundary=b${n}\r\n\r\n--b${n}\r\n`,
    );
    expect(await readMail(Buffer.from(`From: a@b\r\n${levels.join('')}`), false)).toMatchObject({
      ok: false,
      code: 'unreadable',
    });
  });
});
