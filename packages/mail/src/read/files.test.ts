/** A file is the bytes that it was, whatever its part says of them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MailContent } from '../contract/mail.ts';
import { readMail } from './read-mail.ts';

const head =
  'From: ann@example.com\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="=_b"\r\n\r\n';

async function contentOf(raw: Uint8Array): Promise<MailContent> {
  const read = await readMail(raw, false);
  if (!read.ok) throw new Error(read.reason);
  return read.content;
}

/** A message with one file, its body as it is given. */
function withFile(headers: string, body: Uint8Array, end = '\r\n--=_b--\r\n'): Buffer {
  const part = `--=_b\r\nContent-Type: text/plain\r\n\r\nhello\r\n--=_b\r\n${headers}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head + part), body, Buffer.from(end)]);
}

async function fileOf(raw: Uint8Array): Promise<Buffer> {
  const { attachments } = await contentOf(raw);
  expect(attachments).toHaveLength(1);
  return Buffer.from(attachments[0]?.content ?? []);
}

const types = [
  'text/plain; charset=iso-8859-1',
  'text/calendar',
  'application/octet-stream',
  'text/csv',
  'message/rfc822',
  'application/ics',
];
const plain = ['7bit', '8bit', 'binary', 'x-unknown', ''];

describe('what is not encoded ends before the line end of the boundary', () => {
  it.each([
    ['no line end', 'a'],
    ['one', 'a\r\n'],
    ['several', 'a\r\n\r\n\r\n'],
    ['a bare LF at its end', 'a\n'],
    ['a bare CR at its end', 'a\r'],
    ['bare LFs and CRs inside', 'a\nb\rc\r\r\nd\n\re\0'],
    ['blanks at the ends of lines', 'a  \r\n\t\r\n'],
    ['nothing', ''],
    ['a line end alone', '\r\n'],
    ['something like the boundary', '--=_bx\r\n --=_b\r\n-=_b\r\nx--=_b'],
    ['bytes of another charset', 'caf\xe9 \xff\xfe\x80'],
  ])('%s', async (_, text) => {
    for (const type of types) {
      for (const encoding of plain) {
        const headers = `Content-Type: ${type}; name=f\r\nContent-Disposition: attachment${encoding === '' ? '' : `\r\nContent-Transfer-Encoding: ${encoding}`}`;
        expect((await fileOf(withFile(headers, Buffer.from(text, 'latin1')))).toString('latin1')).toBe(text);
      }
    }
  });

  it('a message that bare LFs end', async () => {
    const raw = Buffer.from(
      withFile('Content-Type: application/pdf', Buffer.from('%PDF\n')).toString().replaceAll('\r\n', '\n'),
    );
    expect((await fileOf(raw)).toString()).toBe('%PDF\n');
  });

  it('one that ends without a boundary, or with that of a part around it', async () => {
    expect(
      (await fileOf(withFile('Content-Type: application/pdf', Buffer.from('%PDF\r\n'), ''))).toString(),
    ).toBe('%PDF\r\n');
    const inner =
      'Content-Type: multipart/mixed; boundary=inner\r\n\r\n--inner\r\nContent-Type: application/pdf';
    expect((await fileOf(withFile(inner, Buffer.from('%PDF\r\n')))).toString()).toBe('%PDF\r\n');
  });

  it('on bytes of its own, so that a thread that hands it on does not hand on the message', async () => {
    const { attachments } = await contentOf(withFile('Content-Type: application/pdf', Buffer.from('%PDF')));
    expect(attachments[0]?.content.buffer.byteLength).toBe(4);
  });

  it('a forwarded message with its own parts, whole', async () => {
    const forwarded = `${head}--=_i\r\n\r\nx\xe9\n\r\n--=_i--\r\nepilogue\r\n\r\n`.replace('"=_b"', '"=_i"');
    const bytes = Buffer.from(forwarded, 'latin1');
    expect((await fileOf(withFile('Content-Type: message/rfc822', bytes))).equals(bytes)).toBe(true);
  });
});

it('any bytes come back from every encoding', async () => {
  const lines = (text: string) => text.replace(/.{1,76}/g, '$&\r\n');
  const encode: Record<string, (bytes: Buffer) => string> = {
    base64: (bytes) => lines(bytes.toString('base64')),
    'x-uuencode': uuencoded,
  };
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 300 }),
      fc.constantFrom(...types),
      fc.constantFrom('base64', 'x-uuencode', 'binary'),
      async (bytes, type, encoding) => {
        const content = Buffer.from(bytes);
        fc.pre(encoding !== 'binary' || !content.includes('--=_b'));
        const body = encode[encoding]?.(content) ?? content;
        const headers = `Content-Type: ${type}; name=f\r\nContent-Disposition: attachment\r\nContent-Transfer-Encoding: ${encoding}`;
        const got = await fileOf(withFile(headers, Buffer.from(body)));
        expect(got.equals(content)).toBe(true);
      },
    ),
    { numRuns: 150 },
  );
});

it('any bytes come back from quoted-printable, and line ends stay what they are', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 200 }),
      fc.integer({ min: 1, max: 25 }),
      async (bytes, width) => {
        const all = [...bytes].map((byte) => `=${byte.toString(16).padStart(2, '0')}`);
        const soft = all.map((one, at) => (at % width === width - 1 ? `${one}=\r\n` : one)).join('');
        const headers = 'Content-Type: application/pdf\r\nContent-Transfer-Encoding: quoted-printable';
        expect((await fileOf(withFile(headers, Buffer.from(soft)))).equals(Buffer.from(bytes))).toBe(true);
      },
    ),
    { numRuns: 60 },
  );
  const headers = 'Content-Type: text/csv\r\nContent-Transfer-Encoding: quoted-printable';
  expect((await fileOf(withFile(headers, Buffer.from('a;=E9\r\nb\nc\r\n')))).toString('latin1')).toBe(
    'a;\xe9\r\nb\nc\r\n',
  );
});

describe('names', () => {
  it.each([
    [
      'x-uuencode brings one',
      'Content-Type: application/pdf\r\nContent-Transfer-Encoding: x-uuencode',
      uuencoded(Buffer.from('%PDF')),
      'a b.bin',
    ],
    [
      'RFC 2231 in Shift_JIS, cut in two',
      "Content-Type: application/pdf;\r\n name*0*=shift_jis''%82;\r\n name*1*=%A0.pdf",
      '',
      'あ.pdf',
    ],
    ['RFC 2231 in cp949', "Content-Type: application/pdf; name*=ks_c_5601-1987''%94%EE.pdf", '', '뷁.pdf'],
    [
      'RFC 2231 out of order, with others',
      'Content-Disposition: attachment; filename*1=b.pdf; filename*0=a; filename=no.pdf',
      '',
      'ab.pdf',
    ],
    [
      'RFC 2231 with encoded words inside',
      'Content-Disposition: attachment; filename*0="=?utf-8?q?=C3?="; filename*1=" =?UTF8?q?=BC?="',
      '',
      'ü',
    ],
    ['a wrong label', "Content-Disposition: attachment; filename*=iso-8859-1''%C3%BC.pdf", '', 'ü.pdf'],
    ['no charset', "Content-Disposition: attachment; filename*=''%C3%BC.pdf", '', 'ü.pdf'],
    [
      'percent signs in plain sections',
      'Content-Disposition: attachment; filename*0="a%2F"; filename*1=b',
      '',
      'a%2Fb',
    ],
    [
      'encoded words of two spellings',
      'Content-Disposition: attachment; filename="=?UTF-8?Q?=C3?= =?utf-8?q?=BC?="',
      '',
      'ü',
    ],
    ['raw Latin-1', 'Content-Disposition: attachment; filename="\xfc.pdf"', '', 'ü.pdf'],
    [
      'blanks without quotes',
      'Content-Disposition: attachment; filename=my own file.pdf',
      '',
      'my own file.pdf',
    ],
    ['parentheses', 'Content-Disposition: attachment; filename=Invoice(1).pdf', '', 'Invoice(1).pdf'],
    ['a missing semicolon', 'Content-Disposition: attachment filename="a.pdf"', '', 'a.pdf'],
    [
      'quotes and backslashes',
      String.raw`Content-Disposition: attachment; filename="a\"b\\c.pdf"`,
      '',
      String.raw`a"b\c.pdf`,
    ],
    ['UTF-7, which stays as it is', "Content-Disposition: attachment; filename*=utf-7''%2BAGA-", '', '+AGA-'],
  ])('%s', async (_, headers, body, name) => {
    const raw = Buffer.from(
      withFile('X-Headers: here', Buffer.from(body)).toString().replace('X-Headers: here', headers),
      'latin1',
    );
    const disposition = headers.startsWith('Content-Type') ? '' : 'Content-Type: application/pdf\r\n';
    const { attachments } = await contentOf(
      Buffer.from(raw.toString('latin1').replace(headers, disposition + headers), 'latin1'),
    );
    expect(attachments.map(({ filename }) => filename)).toEqual([name]);
  });
});

function uuencoded(bytes: Buffer): string {
  const six = (value: number) => String.fromCharCode(value === 0 ? 0x60 : value + 0x20);
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += 45) {
    const piece = bytes.subarray(at, at + 45);
    let line = six(piece.length);
    for (let group = 0; group < piece.length; group += 3) {
      const [a = 0, b = 0, c = 0] = piece.subarray(group, group + 3);
      line += six(a >> 2) + six(((a & 3) << 4) | (b >> 4)) + six(((b & 15) << 2) | (c >> 6)) + six(c & 63);
    }
    lines.push(line);
  }
  return ['begin 644 a b.bin', ...lines, '`', 'end', ''].join('\r\n');
}
