/** Raw messages as nobody should send them: bytes, headers, MIME trees, mutated real ones, and small bombs. */
import fc from 'fast-check';
import { realMails } from './real-mails.ts';

const bytes = (text: string) => Buffer.from(text, 'latin1');
const joined = (parts: Uint8Array[]) => Buffer.concat(parts);

/** Line ends, as often right as not. */
const lineEnd = fc.constantFrom('\r\n', '\r\n', '\r\n', '\n', '\r', '\r\r\n', '');
const piece = fc.constantFrom(
  ...[
    'a',
    ' ',
    '\t',
    ',',
    ';',
    ':',
    '<',
    '>',
    '(',
    ')',
    '"',
    '\\',
    '@',
    '=',
    '.',
    '[',
    ']',
    '/',
    '*',
    "'",
    '%',
  ],
  ...[
    '\0',
    '\r',
    '\n',
    '\r\n',
    '\r\n ',
    '\n\t',
    '\x1b[31m',
    '\x7f',
    '\xff',
    '\xc3\xbc',
    '\xc3',
    '\xe2\x80\xae',
  ],
  ...['=?utf-8?q?', '=?utf-8?b?', '?=', '=?x?z?y?=', '=?utf-16le?b?AAA=?=', '=?utf-8?q?=0D=0AX:_y?='],
  ...[
    'ann@example.com',
    '<ann@example.com>',
    '"Ann" <ann@example.com>',
    'group: a@b, c@d;',
    '@a,@b:c@d',
    'xn--a-la',
  ],
  ...[
    'boundary=',
    'charset=',
    'filename*0*=',
    "filename*=utf-8''%00%0d%0a",
    'name="../../etc/passwd"',
    'v=1',
    'l=1',
  ],
  ...[
    'text/plain',
    'text/html',
    'multipart/mixed',
    'message/rfc822',
    'Mon, 31 Feb 2026 25:61:61 +9999',
    '--',
  ],
);
const text = fc.oneof(
  { weight: 4, arbitrary: fc.array(piece, { maxLength: 12 }).map((parts) => parts.join('')) },
  {
    weight: 1,
    arbitrary: fc.uint8Array({ maxLength: 120 }).map((raw) => Buffer.from(raw).toString('latin1')),
  },
);
const fieldName = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.constantFrom(
      ...[
        'From',
        'from',
        'FROM',
        'Sender',
        'Reply-To',
        'To',
        'Cc',
        'Subject',
        'Date',
        'Message-ID',
        'In-Reply-To',
      ],
      ...['References', 'Content-Type', 'Content-Transfer-Encoding', 'Content-Disposition', 'Content-ID'],
      ...[
        'MIME-Version',
        'DKIM-Signature',
        'Authentication-Results',
        'Received',
        'Return-Path',
        'Auto-Submitted',
      ],
      ...['Precedence', 'List-Id', 'X-Auto-Response-Suppress', 'constructor', '__proto__'],
    ),
  },
  { weight: 1, arbitrary: text },
);
const fieldValue = fc.oneof(
  text,
  fc.constantFrom(
    'Ann <ann@example.com>',
    '<a@b> <c@d> <a@b>',
    'multipart/mixed; boundary=b',
    'v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=mail; h=From:Subject; l=0; bh=AA==; b=AA==',
    'auto-replied',
  ),
);
const field = fc
  .tuple(fieldName, fc.constantFrom(': ', ':', ' : ', ':\r\n ', ''), fieldValue, lineEnd)
  .map((parts) => bytes(parts.join('')));
const header = fc.array(field, { maxLength: 15 }).map(joined);

const random = fc.uint8Array({ maxLength: 3000 }).map((raw) => Buffer.from(raw));
const headed = fc
  .tuple(header, lineEnd, fc.oneof(random, text.map(bytes)))
  .map(([head, end, body]) => joined([head, bytes(end), body]));

const charset = fc.constantFrom(
  ...[
    'utf-8',
    'UTF-8',
    'us-ascii',
    'iso-8859-1',
    'windows-1252',
    'utf-16',
    'utf-16le',
    'utf-32',
    'utf-7',
    'koi8-r',
  ],
  ...[
    'iso-2022-jp',
    'iso-2022-kr',
    'gb18030',
    'big5',
    'shift_jis',
    'euc-kr',
    'x-user-defined',
    'replacement',
  ],
  ...['unknown-8bit', '', 'utf-8\0', '"utf-8', '../../x', 'hasOwnProperty'],
);
const encoding = fc.constantFrom(
  ...[
    '7bit',
    '8bit',
    'binary',
    'base64',
    'BASE64 ',
    'quoted-printable',
    'x-uuencode',
    'x-unknown',
    '',
    'base64;x',
  ],
);
const leafType = fc.constantFrom(
  ...[
    'text/plain',
    'text/html',
    'text/plain; format=flowed; delsp=yes',
    'text/calendar; method=REQUEST',
    'text/rtf',
  ],
  ...['application/octet-stream', 'application/pdf', 'application/ms-tnef', 'image/png', 'message/rfc822'],
  ...[
    'message/delivery-status',
    'message/partial; id=1; number=1; total=2',
    'text/x-amp-html',
    'x',
    '/',
    'text/',
  ],
);
const disposition = fc.constantFrom(
  '',
  'Content-Disposition: inline\r\n',
  'Content-Disposition: attachment; filename="r\u00e9sum\u00e9.pdf"\r\n',
  "Content-Disposition: attachment; filename*0*=utf-8''a%E2%80; filename*1*=%AEfdp.exe\r\n",
  'Content-Disposition: attachment; filename=../../etc/passwd\r\nContent-ID: <a@b>\r\n',
  'Content-Disposition: attachment; filename="a\0b\r\n\tc"\r\n',
  'Content-Disposition: ;;;=;"\r\n',
);
const body = fc.oneof(
  random,
  text.map(bytes),
  fc.uint8Array({ maxLength: 600 }).map((raw) => bytes(Buffer.from(raw).toString('base64'))),
  fc.constantFrom(
    bytes('begin 644 a.txt\r\n#0V%T\r\n`\r\nend\r\n'),
    bytes('Yes.\r\n\r\nOn Mon, Ann <ann@example.com> wrote:\r\n> No?\r\n>> Why\r\n-- \r\nAnn\r\n'),
    bytes(
      '<html><style>p{x}</style><p>a<blockquote type=cite>b</blockquote><img src=cid:a@b><br>&#0;&#x110000;&lt;',
    ),
    bytes('a=\r\nb=3D=C3=BC=\r\n=0=\r\n=XX=0D=0A.\r\n'),
    bytes('=\r\n'.repeat(50)),
  ),
);
const boundaryName = fc.constantFrom(
  'b',
  'bb',
  'b--',
  '',
  ' ',
  'b b',
  '"b"',
  'B',
  '--',
  '=_b?',
  `${'x'.repeat(300)}`,
);

/** A part of a MIME tree; what its header says and what its body is need not be the same. */
const { part } = fc.letrec<{ part: Buffer; leaf: Buffer; tree: Buffer }>((tie) => ({
  part: fc.oneof({ maxDepth: 6, depthSize: 'small' }, tie('leaf'), tie('tree')),
  leaf: fc
    .tuple(leafType, charset, encoding, disposition, body)
    .map(([type, set, transfer, shown, content]) =>
      joined([
        bytes(
          `Content-Type: ${type}; charset=${set}\r\nContent-Transfer-Encoding: ${transfer}\r\n${shown}\r\n`,
        ),
        content,
      ]),
    ),
  tree: fc
    .tuple(
      fc.constantFrom('mixed', 'alternative', 'related', 'report', 'signed', 'digest', 'x'),
      fc.tuple(boundaryName, boundaryName, fc.boolean()),
      encoding,
      fc.array(tie('part'), { maxLength: 4 }),
      fc.constantFrom('--', '--', '', '-', '--\r\nepilogue'),
    )
    .map(([kind, [said, other, lying], transfer, parts, end]) => {
      const used = lying ? other : said.replaceAll('"', '');
      const head = `Content-Type: multipart/${kind}; boundary="${said}"\r\nContent-Transfer-Encoding: ${transfer}\r\n`;
      const inner = parts.flatMap((one) => [bytes(`\r\n--${used}\r\n`), one]);
      return joined([bytes(`${head}\r\n`), ...inner, bytes(`\r\n--${used}${end}\r\n`)]);
    }),
}));
const nested = fc
  .tuple(header, part)
  .map(([head, one]) => joined([bytes('From: Ann <ann@example.com>\r\nMIME-Version: 1.0\r\n'), head, one]));

type Change = (raw: Buffer) => Buffer;
const spot = fc.double({ min: 0, max: 1, noNaN: true });
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.tuple(spot, fc.nat(7)).map(
    ([at, bit]): Change =>
      (raw) => {
        const copy = Buffer.from(raw);
        const index = Math.floor(at * (copy.length - 1));
        copy[index] = (copy[index] ?? 0) ^ (1 << bit);
        return copy;
      },
  ),
  spot.map(
    (at): Change =>
      (raw) =>
        raw.subarray(0, Math.floor(at * raw.length)),
  ),
  slice((raw, from, to) => joined([raw.subarray(0, from), raw.subarray(to)])),
  slice((raw, from, to) => joined([raw.subarray(0, to), raw.subarray(from)])),
  slice((raw, from, to) => joined([raw, raw.subarray(from, to)])),
  fc.tuple(spot, text).map(
    ([at, inserted]): Change =>
      (raw) => {
        const index = Math.floor(at * raw.length);
        return joined([raw.subarray(0, index), bytes(inserted), raw.subarray(index)]);
      },
  ),
  fc.tuple(spot, fc.constantFrom(...realMails)).map(
    ([at, other]): Change =>
      (raw) =>
        joined([raw.subarray(0, Math.floor(at * raw.length)), other.subarray(Math.floor(at * other.length))]),
  ),
);
function slice(cut: (raw: Buffer, from: number, to: number) => Buffer): fc.Arbitrary<Change> {
  return fc.tuple(spot, spot).map(
    ([one, two]): Change =>
      (raw) => {
        const [from = 0, to = 0] = [one, two].map((at) => Math.floor(at * raw.length)).sort((a, b) => a - b);
        return cut(raw, from, to);
      },
  );
}
const mutated = (mails: readonly Buffer[]) =>
  fc
    .tuple(fc.constantFrom(...mails), fc.array(change, { minLength: 1, maxLength: 6 }))
    .map(([mail, changes]) => changes.reduce((raw, apply) => apply(raw), mail));

/** One thing over and over, in a place where something looks at it; at most 60 kB. */
const bomb = fc
  .tuple(
    fc.constantFrom(
      'From: ',
      'To: ',
      'Subject: ',
      'References: ',
      'Date: ',
      'Content-Type: ',
      'DKIM-Signature: ',
      '',
    ),
    fc.constantFrom('', 'text/plain', 'text/html', 'multipart/mixed; boundary=b', 'message/rfc822'),
    fc.oneof(
      piece,
      fc.constantFrom(
        ...[
          '--b\r\n',
          '\r\n',
          '<div>',
          '<!--',
          '</',
          '&#x',
          '> ',
          'On x wrote:\r\n',
          'a=b; ',
          '((',
          '"\\',
          '<a@b>, ',
        ],
        ...[
          '=\r\n',
          '\r\n ',
          'Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n',
          '_',
          '-',
          '| ',
          '<table>',
        ],
      ),
    ),
    fc.integer({ min: 1, max: 60_000 }),
  )
  .map(([place, type, unit, length]) => {
    const many = unit.repeat(Math.ceil(length / unit.length));
    const head = `From: ann@example.com\r\n${place === '' ? '' : `${place}${many}\r\n`}`;
    return bytes(`${head}Content-Type: ${type}\r\n\r\n${place === '' ? many : 'x'}\r\n`);
  });

/** Any message; `signed` are more of the real mails to mutate. */
export function hostileMail(signed: readonly Buffer[] = []): fc.Arbitrary<Buffer> {
  return fc.oneof(
    { weight: 1, arbitrary: random },
    { weight: 3, arbitrary: headed },
    { weight: 4, arbitrary: nested },
    { weight: 4, arbitrary: mutated([...realMails, ...signed]) },
    { weight: 2, arbitrary: bomb },
  );
}
