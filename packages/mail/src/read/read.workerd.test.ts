import { describe, expect, it } from 'vitest';
import { readMail } from './read-mail.ts';

const mail = (...lines: string[]) => Uint8Array.from(lines.join('\r\n'), (letter) => letter.charCodeAt(0));

async function read(raw: Uint8Array) {
  const found = await readMail(raw, false);
  if (!found.ok) throw new Error(found.reason);
  return found.content;
}

describe('in workerd', () => {
  it('reads text, quotes, attachments and who is named', async () => {
    const content = await read(
      mail(
        'From: ann@example.com',
        'To: =?utf-8?q?B=C3=B6t?= <bot@agents.test>',
        'Subject: Re: Report',
        'In-Reply-To: <answer-1@agents.test>',
        'Date: Mon, 1 Jan 2024 01:00:00 +0100',
        'MIME-Version: 1.0',
        'Content-Type: multipart/mixed; boundary=b',
        '',
        '--b',
        'Content-Type: text/plain; charset=utf-8',
        'Content-Transfer-Encoding: quoted-printable',
        '',
        'Gr=C3=BC=C3=9Fe.',
        '',
        'On Mon, 1 Jan 2024, Bot <bot@agents.test> wrote:',
        '> The report.',
        '--b',
        "Content-Type: application/pdf; name*=utf-8''b%C3%BCcher.pdf",
        'Content-Transfer-Encoding: base64',
        '',
        'JVBERi0xLjc=',
        '--b--',
      ),
    );
    expect(content).toMatchObject({
      to: [{ address: 'bot@agents.test', name: 'B\u00f6t' }],
      date: '2024-01-01T01:00:00+01:00',
      text: 'Gr\u00fc\u00dfe.',
      quoted: expect.stringContaining('> The report.'),
      attachments: [{ filename: 'b\u00fccher.pdf', detectedType: 'application/pdf', marks: [] }],
    });
  });

  it.each([
    ['iso-8859-1', 'Gr\xfc\xdfe', 'Gr\u00fc\u00dfe'],
    ['windows-1252', '\x80 5', '\u20ac 5'],
    ['koi8-r', '\xf0\xd2\xc9', '\u041f\u0440\u0438'],
    ['iso-2022-jp', '\x1b$B$3$s\x1b(B', '\u3053\u3093'],
    ['iso-2022-kr', '\x1b$)C\n\x0e0!\x0f', '\uac00'],
    ['euc-kr', '\xb0\xa1', '\uac00'],
    ['ks_c_5601-1987', '\x81\x41', '\uac02'],
    ['gb18030', '\xc4\xe3', '\u4f60'],
    ['hz-gb-2312', '~{Dc~}', '\u4f60'],
    ['utf-7', 'Hi +AOk-', 'Hi \u00e9'],
    ['cp850', '\x81', '\u00fc'],
    ['x-unknown', 'Gr\xc3\xbcn', 'Gr\u00fcn'],
    ['utf-8', 'Gr\xfcn', 'Gr\u00fcn'],
  ])('decodes %s', async (charset, body, text) => {
    const raw = mail(`Content-Type: text/plain; charset=${charset}`, 'From: ann@example.com', '', body);
    expect((await read(raw)).text).toBe(text);
  });

  it('reads HTML as a reader sees it, without what is hidden', async () => {
    const html =
      '<style>.x{display:none}</style><p>Hi &eacute;</p><p class=x>hidden words</p>' +
      '<table><tr><td>a</td><td>b</td></tr></table>';
    const content = await read(mail('From: ann@example.com', 'Content-Type: text/html', '', html));
    expect(content).toMatchObject({ hiddenText: true });
    expect(content.text).toBe('Hi \u00e9\n\na | b');
  });

  it('refuses a bomb', async () => {
    const raw = mail('From: ann@example.com', '', '\n'.repeat(150_000));
    expect(await readMail(raw, false)).toMatchObject({ ok: false, code: 'too_complex' });
  });
});
