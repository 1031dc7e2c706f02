import { describe, expect, it } from 'vitest';
import { message } from '../test-support/messages.ts';
import { realMails } from '../test-support/real-mails.ts';
import { viewHtml } from './view-html.ts';
import { viewMail } from './view-mail.ts';
import { viewPart } from './view-parts.ts';

const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

const mail = message(
  [
    'Received: from a (a [192.0.2.1])',
    'FROM: =?utf-8?q?J=C3=BCrgen?= <j@example.com>',
    'Subject: =?utf-8?q?Caf=C3=A9?=',
    'X-Two:  one',
    '\ttwo',
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary=m',
  ],
  [
    '--m',
    'Content-Type: multipart/related; boundary=r',
    '',
    '--r',
    'Content-Type: multipart/alternative; boundary=a',
    '',
    '--a',
    '',
    'See https://example.com/a?b=1&c. <b>',
    '--a',
    'Content-Type: text/html; charset=utf-8',
    '',
    '<body bgcolor="#eee"><p style="color:red">Hi <b>J</b> <img src="cid:logo@x" alt="Logo" width=40></p></body>',
    '--a--',
    '--r',
    'Content-Type: image/png; name="logo.png"',
    'Content-ID: <logo@x>',
    'Content-Transfer-Encoding: base64',
    '',
    PNG,
    '--r--',
    '--m',
    'Content-Type: application/pdf',
    'Content-Disposition: attachment; filename="../../re\u202eport.pdf"',
    'Content-Transfer-Encoding: base64',
    '',
    'JVBERi0=',
    '--m--',
  ].join('\r\n'),
);

const htmlOf = (raw: Uint8Array) => {
  const viewed = viewHtml(raw);
  if (!viewed.ok) throw new Error(viewed.reason);
  return viewed.answer;
};

describe('a view of a mail', () => {
  it('has the headers in order, as they are named, decoded and unfolded', () => {
    const viewed = viewMail(mail);
    expect(viewed.ok && viewed.answer.headers.slice(0, 4)).toEqual([
      { name: 'Received', value: 'from a (a [192.0.2.1])' },
      { name: 'FROM', value: 'Jürgen <j@example.com>' },
      { name: 'Subject', value: 'Café' },
      { name: 'X-Two', value: 'one two' },
    ]);
  });

  it('has the text, and every multipart before its parts', () => {
    const viewed = viewMail(mail);
    expect(viewed.ok && viewed.answer.text).toContain('See https://example.com/a?b=1&c. <b>');
    const parts = viewed.ok ? viewed.answer.parts : [];
    expect(parts.map(({ number, depth, type }) => [number, depth, type])).toEqual([
      [null, 0, 'multipart/mixed'],
      [null, 1, 'multipart/related'],
      [null, 2, 'multipart/alternative'],
      [1, 3, 'text/plain'],
      [2, 3, 'text/html'],
      [3, 2, 'image/png'],
      [4, 1, 'application/pdf'],
    ]);
    expect(parts.at(-1)).toMatchObject({ filename: '_._report.pdf', disposition: 'attachment', bytes: 5 });
    expect(parts[3]?.filename).toBeNull();
  });

  it('gives the bytes of a part under a safe name', () => {
    const part = viewPart(mail, 4);
    expect(part.ok && Buffer.from(part.answer.content).toString()).toBe('%PDF-');
    expect(viewPart(mail, 1)).toMatchObject({ ok: true, answer: { filename: 'attachment-1.txt' } });
    for (const number of [0, 5, 1e9]) expect(viewPart(mail, number)).toMatchObject({ code: 'no_such_part' });
  });

  it('shows the HTML of the sender with the pictures that the mail brings along', () => {
    expect(htmlOf(mail)).toEqual({
      html: `<div bgcolor="#eee"><p style="color:red">Hi <b>J</b> <img width="40" src="data:image/png;base64,${PNG}" alt="Logo"></p></div>`,
      own: true,
      picturesLeftOut: 0,
      cut: false,
    });
  });

  it('shows plain text with links that lead to the web', () => {
    const plain = message(['Subject: x'], 'See https://example.com/a?b=1&c. <b>\r\njavascript:alert(1)');
    expect(htmlOf(plain)).toMatchObject({ own: false });
    expect(htmlOf(plain).html).toBe(
      '<div class="plain" dir="auto">See <a href="https://example.com/a?b=1&amp;c" target="_blank" rel="noopener noreferrer nofollow">https://example.com/a?b=1&amp;c</a>. &lt;b&gt;\njavascript:alert(1)\n</div>',
    );
  });

  it('is one for every real mail', () => {
    for (const raw of realMails) {
      expect(viewMail(raw)).toMatchObject({ ok: true });
      expect(htmlOf(raw)).toMatchObject({ cut: false });
    }
  });
});
