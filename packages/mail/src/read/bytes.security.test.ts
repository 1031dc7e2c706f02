/** Whatever bytes, labels and encodings a stranger puts together: reading gives text and files, or says no. */

import { fuzzRuns, fuzzTimeout } from '@tinyfat/testing/fuzz-runs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkReadMail } from '../test-support/mail-outcomes.ts';
import { readMail } from './read-mail.ts';

const charsets = [
  ...['utf-8', 'us-ascii', 'iso-8859-1', 'utf-16', 'utf-16be', 'utf-7', 'hz', 'iso-2022-kr', 'iso-2022-jp'],
  ...[
    'gbk',
    'big5',
    'shift_jis',
    'cp949',
    'cp850',
    'cp437',
    'viscii',
    'base64',
    'hex',
    'constructor',
    '__proto__',
    '',
    "'",
    '*',
  ],
];
const encodings = [
  '7bit',
  '8bit',
  'binary',
  'base64',
  'quoted-printable',
  'x-uuencode',
  'x',
  '',
  '"base64"',
  '(c) base64',
];
const types = [
  ...[
    'text/plain',
    'text/html',
    'text/enriched',
    'text/markdown',
    'text/calendar',
    'text',
    '',
    'message/rfc822',
  ],
  ...[
    'multipart/alternative; boundary=b',
    'multipart/digest; boundary=c',
    'multipart/mixed',
    'image/png',
    '; ;',
    '"',
  ],
];
const piece = fc.constantFrom(
  ...[
    'a',
    ' ',
    '=',
    '=\r\n',
    '= \t\r\n',
    '=C3',
    '=c3=bc',
    '\xc3\xbc',
    '\xff',
    '\xe2\x82',
    '\x1b$B',
    '\x1b(B',
    '\x0e',
    '\x0f',
    '~{',
    '~}',
    '~~',
  ],
  ...[
    '+AGA-',
    '+',
    '-',
    '\0',
    '\r',
    '\n',
    '\r\n',
    'QUJD',
    '====',
    'begin 644 x\r\n',
    'M',
    '`\r\nend\r\n',
    '>',
    '-- \r\n',
    '<b>',
    '<<',
    '<param>',
  ],
  ...[
    '--b\r\n',
    '--b--\r\n',
    '--c\r\n',
    '\r\n\r\n',
    '<meta charset=',
    'Content-Type: text/html\r\n\r\n',
    '=?utf-8?q?=C3?=',
  ],
);
const body = fc.oneof(
  fc.array(piece, { maxLength: 40 }).map((pieces) => Buffer.from(pieces.join(''), 'latin1')),
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
);
const headers = fc
  .record({
    type: fc.constantFrom(...types),
    separator: fc.constantFrom('; ', ' ', ';', ' ;; ', ', '),
    charset: fc.constantFrom(...charsets),
    format: fc.constantFrom(
      '',
      '; format=flowed',
      '; format=flowed; delsp=yes',
      "; name*0*=utf-8''%C3; name*1*=%BC",
    ),
    encoding: fc.constantFrom(...encodings),
    disposition: fc.constantFrom(
      '',
      'attachment',
      'inline; filename="=?utf-8?q?=C3?="',
      "attachment; filename*=cp949''%94%EE",
    ),
  })
  .map(
    ({ type, separator, charset, format, encoding, disposition }) =>
      `Content-Type: ${type}${separator}charset=${charset}${format}\r\nContent-Transfer-Encoding: ${encoding}\r\nContent-Disposition: ${disposition}\r\n`,
  );

describe('any bytes under any labels', () => {
  it('are read within bounds', fuzzTimeout(200, 50), async () => {
    await fc.assert(
      fc.asyncProperty(
        headers,
        fc.array(fc.tuple(headers, body), { maxLength: 3 }),
        body,
        async (head, parts, end) => {
          const inner = parts.flatMap(([fields, content]) => [
            Buffer.from(`\r\n--b\r\n${fields}\r\n`),
            content,
          ]);
          const raw = Buffer.concat([Buffer.from(`From: a@b\r\n${head}\r\n`), ...inner, end]);
          checkReadMail(await readMail(raw, false), raw.length);
        },
      ),
      fuzzRuns(200),
    );
  });
});

describe('nothing hides in a charset', () => {
  const text = async (headers: string, content: string) => {
    const raw = Buffer.from(`From: ann@example.com\r\n${headers}\r\n\r\n${content}`, 'latin1');
    const read = await readMail(raw, false);
    if (!read.ok) throw new Error(read.reason);
    return read.content;
  };

  it('tags do not come out of UTF-7 in HTML, in headers or in names', async () => {
    const html = await text('Content-Type: text/html; charset=utf-7', '<p>a +ADw-script+AD4-</p>');
    expect(html.text).toBe('a +ADw-script+AD4-');
    const { to } = await text('To: =?utf-7?q?+ADw-eve+AEA-evil.example+AD4-?= <ann@example.com>', 'x');
    expect(to).toEqual([{ name: '+ADw-eve+AEA-evil.example+AD4-', address: 'ann@example.com' }]);
  });

  it('overlong and half characters give no ASCII', async () => {
    const { text: shown } = await text(
      'Content-Type: text/plain; charset=utf-8',
      'a\xc0\xbcb\xe0\x80\xbcc\xf0\x80\x80\xbcd\xed\xa0\xbc',
    );
    expect(shown).not.toMatch(/[<\u{d800}-\u{dfff}]/u);
  });

  it('a part is what its first header fields say, however often they stand there', async () => {
    const twice = 'Content-Type: text/plain; charset=utf-8\r\nContent-Type: multipart/mixed; boundary=b';
    expect(await text(twice, 'a\r\n--b\r\n\r\nc')).toMatchObject({ text: 'a\n--b\n\nc', attachments: [] });
    const doubled = 'Content-Type: multipart/mixed; boundary=b; boundary=c';
    expect((await text(doubled, '--b\r\n\r\nfirst\r\n--c\r\n\r\nsame part')).text).toBe(
      'first\n--c\n\nsame part',
    );
  });
});

describe('work grows with the bytes', () => {
  const long = (headers: string, content: string) =>
    Buffer.from(`From: a@b\r\n${headers}\r\n\r\n${content}`, 'latin1');
  it.each<[string, Buffer]>([
    [
      'padding within base64',
      long(
        'Content-Type: a/b\r\nContent-Transfer-Encoding: base64',
        `${'A='.repeat(400_000)}\r\n`.repeat(10),
      ),
    ],
    [
      'a bad byte beside each good one',
      long('Content-Type: text/plain', `${'\xe9\xc3\xa9'.repeat(300_000)}\r\n`.repeat(5)),
    ],
    ['comments', long(`Content-Type: ${'('.repeat(100_000)}${'(a) '.repeat(50_000)}`, 'x')],
    ['parameters in sections', long(`Content-Type: a/b; ${'a*0*=x;'.repeat(30_000)}`, 'x')],
    ['blanks', long(`Content-Type: a${' '.repeat(200_000)}x;${' '.repeat(50_000)}`, 'x')],
    [
      'uuencode that begins again and again',
      long(
        'Content-Type: a/b\r\nContent-Transfer-Encoding: uuencode',
        'begin 644                    '.repeat(30_000),
      ),
    ],
    ['flowed lines', long('Content-Type: text/plain; format=flowed', '> a \r\n'.repeat(90_000))],
    [
      'tags of rich text',
      long('Content-Type: text/enriched', `${'<'.repeat(500_000)}\r\n${'<param>'.repeat(50_000)}`),
    ],
    [
      'boundaries of many levels',
      long(
        Array.from(
          { length: 40 },
          (_, n) =>
            `Content-Type: multipart/mixed; boundary="${'b'.repeat(900)}${n}"\r\n\r\n--${'b'.repeat(900)}${n}`,
        ).join('\r\n'),
        `--${'b'.repeat(900)}x\r\n`.repeat(1_500),
      ),
    ],
  ])('%s', async (_, raw) => {
    checkReadMail(await readMail(raw, false), raw.length);
  });
});
