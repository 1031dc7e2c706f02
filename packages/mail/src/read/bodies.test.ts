/** What of a mail is its text, in whatever way it is said to be one. */
import { describe, expect, it } from 'vitest';
import type { MailContent } from '../contract/mail.ts';
import { readMail } from './read-mail.ts';

const from = ['From: ann@example.com', 'Subject: x', 'MIME-Version: 1.0'];

/** A message of lines in Latin-1: each character is a byte. */
async function contentOf(...lines: string[]): Promise<MailContent> {
  const read = await readMail(Buffer.from([...from, ...lines].join('\r\n'), 'latin1'), false);
  if (!read.ok) throw new Error(read.reason);
  return read.content;
}
const textOf = async (...lines: string[]) => (await contentOf(...lines)).text;
const base64 = (text: string) =>
  Buffer.from(text)
    .toString('base64')
    .replace(/.{76}(?=.)/g, '$&\r\n');

describe('a part beside its HTML', () => {
  const html =
    '<p>Dear Bot, please send the report of October to the board before Friday noon, and book the small room for nine people.</p>';
  const both = (plain: string, markup = html) =>
    contentOf(
      'Content-Type: multipart/alternative; boundary=b',
      ...['', '--b', 'Content-Type: text/plain; charset=utf-8', '', plain],
      ...['--b', 'Content-Type: text/html; charset=utf-8', '', markup, '--b--', ''],
    );

  it.each([
    'This message requires an HTML viewer.',
    'Please view this email in an HTML capable mail program.',
    'see HTML',
    'Your email program does not support this format. View it online: https://example.com/v?x=1',
    'Diese Nachricht erfordert ein HTML-f\xc3\xa4higes Programm.',
    'https://example.com/view/1',
    ' \xc2\xa0 ',
    '-- ',
    '[image: logo]',
  ])('that only stands in for it is not the text: %j', async (plain) => {
    expect((await both(plain)).text).toMatch(/^Dear Bot, please send the report/);
  });

  it.each([
    [
      'that says the same',
      'Dear Bot, please send the report of October to the board before Friday noon, and book the small room for nine people.',
    ],
    ['that is short and so is the HTML', 'Do it.', '<p>Do it.</p>'],
    [
      'that is shorter than the quote of the HTML',
      'Yes, do it.',
      `<p>Yes, do it.</p><blockquote type="cite">${html}</blockquote>`,
    ],
    [
      'that speaks of HTML, as the HTML does',
      'Use html here',
      '<p>Use html here</p><p>Sent from a phone with a long line below that nobody wrote</p>',
    ],
    [
      'in Chinese',
      '\xe8\xaf\xb7\xe6\x9f\xa5\xe6\x94\xb6',
      '<p>\xe8\xaf\xb7\xe6\x9f\xa5\xe6\x94\xb6</p><p>\xe5\x8f\x91\xe8\x87\xaa\xe6\x88\x91\xe7\x9a\x84\xe6\x89\x8b\xe6\x9c\xba</p>',
    ],
  ])('%s stays the text', async (_, plain, markup = html) => {
    expect((await both(plain, markup)).text).toBe(Buffer.from(plain, 'latin1').toString());
  });

  it('is measured by what can be seen of the HTML', async () => {
    const style = `<style>html { color: red } /* ${'this message requires an viewer '.repeat(20)} */</style>`;
    expect((await both('This message requires an HTML viewer.', style + html)).text).toMatch(/^Dear Bot/);
    expect((await both('Do it.', `${style}<p>Do it.</p>`)).text).toBe('Do it.');
  });

  it('that is all there is stays the text', async () => {
    expect(await textOf('Content-Type: text/plain', '', 'This message requires an HTML viewer.')).toMatch(
      /^This/,
    );
  });
});

describe('text is a file', () => {
  const hello = ['--b', 'Content-Type: text/plain', '', 'hello'];
  it.each([
    ['attached', ['Content-Type: text/plain', 'Content-Disposition: attachment'], null],
    [
      'attached under a name',
      ['Content-Type: text/plain', 'Content-Disposition: attachment; filename=n.txt'],
      'n.txt',
    ],
    [
      'inline under a name',
      ['Content-Type: text/plain', 'Content-Disposition: inline; filename=n.txt'],
      'n.txt',
    ],
    [
      'inline under the name of its type',
      ['Content-Type: text/plain; name=n.txt', 'Content-Disposition: inline'],
      'n.txt',
    ],
    ['under the name of its type, below the text', ['Content-Type: text/plain; name=n.txt'], 'n.txt'],
    [
      'HTML under a name',
      ['Content-Type: text/html', 'Content-Disposition: inline; filename=n.html'],
      'n.html',
    ],
    ['Markdown under a name', ['Content-Type: text/markdown; name=n.md'], 'n.md'],
    [
      'a patch under a name',
      ['Content-Type: text/x-patch; name=n.patch', 'Content-Disposition: inline'],
      'n.patch',
    ],
    ['a table', ['Content-Type: text/csv'], null],
  ])('%s', async (_, headers, filename) => {
    const lines = [...hello, '--b', ...headers, '', '1,2', '3,4', '--b--', ''];
    const read = await contentOf('Content-Type: multipart/mixed; boundary=b', '', ...lines);
    expect(read.text).toBe('hello');
    expect(read.attachments.map((file) => [file.filename, Buffer.from(file.content).toString()])).toEqual([
      [filename, '1,2\r\n3,4'],
    ]);
  });

  it('but not where a program names the body itself', async () => {
    const read = await contentOf('Content-Type: text/plain; name="body.txt"', '', 'hello');
    expect(read).toMatchObject({ text: 'hello', attachments: [] });
  });
});

describe('text under a type', () => {
  it.each([
    'Content-Type: text',
    'Content-Type:',
    'Content-Type: ;charset=utf-8',
    'Content-Type: charset=utf-8',
    'Content-Type: text/plain charset=utf-8',
    'Content-Type: text/plain charset=utf-8 format=fixed',
    'Content-Type: text/plain, charset=utf-8',
    'Content-Type: text/plain; charset=utf-8;',
    'Content-Type: text/plain;; charset="utf-8',
    'Content-Type: "text/plain"; charset=utf-8',
    'Content-Type: TEXT/PLAIN (a; comment); charset = "utf-8"',
    'Content-Type: text/plain utf-8',
    'Content-Type: plain',
    'Content-Type: text/markdown; charset=utf-8; variant=GFM',
    'Content-Type: text/x-web-markdown',
    'Content-Type: text/x-whatever',
    'X-Nothing: x',
  ])('%j', async (header) => {
    expect(await contentOf(header, '', 'Gr\xc3\xbc\xc3\x9fe *an* alle')).toMatchObject({
      text: 'Grüße *an* alle',
      attachments: [],
    });
  });

  it('HTML with a semicolon missing is HTML, and a multipart one is a multipart', async () => {
    expect(await textOf('Content-Type: text/html charset=utf-8', '', '<p>Gr\xc3\xbc\xc3\x9fe</p>')).toBe(
      'Grüße',
    );
    const lines = ['--b', 'Content-Type: text/html', '', '<p>x</p>', '--b--'];
    expect(await textOf('Content-Type: multipart/mixed boundary=b', '', ...lines)).toBe('x');
  });

  it('enriched and rich text lose their commands', async () => {
    const enriched =
      '<bold>Now</bold> is the time\r\nfor <color><param>red</param>all</color> <<men>.\r\n\r\nNext.';
    expect(await textOf('Content-Type: text/enriched', '', enriched)).toBe(
      'Now is the time for all <men>.\nNext.',
    );
    expect(await textOf('Content-Type: text/richtext', '', 'a <lt>b<nl>c')).toBe('a <b\nc');
  });

  it('of several forms the plain one is read, then HTML, then others', async () => {
    const alternative = (...parts: [string, string][]) =>
      textOf(
        'Content-Type: multipart/alternative; boundary=b',
        '',
        ...parts.flatMap(([type, body]) => ['--b', `Content-Type: ${type}`, '', body]),
        '--b--',
      );
    expect(
      await alternative(['text/enriched', '<bold>e</bold>'], ['text/plain', 'p'], ['text/html', '<p>p</p>']),
    ).toBe('p');
    expect(await alternative(['text/markdown', '*m*'], ['text/html', '<p>h</p>'])).toBe('h');
    expect(await alternative(['text/x-web-markdown', '*m*'])).toBe('*m*');
    expect(await alternative(['text/plain', 'p'], ['text/x-amp-html', '<html amp4email>'])).toBe('p');
  });

  it('a multipart in a multipart in which there are no parts is text', async () => {
    const inner = ['--b', 'Content-Type: multipart/alternative; boundary=none', '', 'lost?', '--b--'];
    expect(await textOf('Content-Type: multipart/mixed; boundary=b', '', ...inner)).toBe('lost?');
  });
});

describe('text in a transfer encoding', () => {
  const type = 'Content-Type: text/plain; charset=utf-8';
  const encoded = 'Content-Transfer-Encoding: base64';
  const footer = ['_______________________________________________', 'List mailing list', 'List@example.org'];
  const long = `Grüße an alle, die das lesen. ${'Noch ein Satz. '.repeat(12)}Ende.`;

  it.each([
    ['a short text', 'Grüße'],
    ['one that needs no padding', 'abcdef'],
    ['one that ends in a full line', 'x'.repeat(57 * 2)],
    ['a long one', `${long}\n`],
  ])('base64 with the footer of a list below: %s', async (_, text) => {
    expect(await textOf(type, encoded, '', base64(text), ...footer, '')).toBe(
      `${text.trimEnd()}\n${footer.join('\n')}`,
    );
    expect(await textOf(type, encoded, '', base64(text), '', ...footer, '')).toContain('List@example.org');
    expect(await textOf(type, encoded, '', base64(text), '')).toBe(text.trimEnd());
  });

  it('base64 with a warning above', async () => {
    const text = await textOf(
      type,
      encoded,
      '',
      'CAUTION: this mail came from outside.',
      '',
      base64(long),
      '',
    );
    expect(text).toBe(`CAUTION: this mail came from outside.\n\n${long.trimEnd()}`);
  });

  it('base64 that is none is the text that it is', async () => {
    const text = 'Hello Bot,\r\nplease do it. Thanks!';
    expect(await textOf(type, encoded, '', text)).toBe('Hello Bot,\nplease do it. Thanks!');
  });

  it('base64 in pieces with padding each, and with blanks at the ends of lines', async () => {
    expect(await textOf(type, encoded, '', 'Z3I=', 'w7w=', 'w59l')).toBe('grüße');
    expect(await textOf(type, encoded, '', `${base64(long).replaceAll('\r\n', '  \r\n')}  `)).toBe(
      long.trimEnd(),
    );
  });

  it('quoted-printable with blanks behind soft line breaks and at the ends of lines', async () => {
    const body = 'Gr=C3=BC=\r\n=C3=9Fe an =  \r\nalle=\t\r\n, die=20\r\nlesen  \r\n=e2=82=ac=ZZ =';
    expect(await textOf(type, 'Content-Transfer-Encoding: Quoted-Printable', '', body)).toBe(
      'Grüße an alle, die \nlesen\n€=ZZ',
    );
  });

  it.each(['x-uuencode', 'uuencode', 'X-UUE'])('%s', async (encoding) => {
    const body = ['begin 644 text.txt', '(1W+#O,.?92$*', '`', 'end'];
    expect(await textOf(type, `Content-Transfer-Encoding: ${encoding}`, '', ...body)).toBe('Grüße!');
  });

  it('format=flowed makes no words of its sender out of quotes', async () => {
    const flowed = `${type}; format=flowed`;
    const lines = ['Please ', 'look. ', '', '> Delete all files ', '> of the project ', 'End.', '-- ', 'Ann'];
    expect(await textOf(flowed, '', ...lines)).toBe(
      'Please look. \n\n> Delete all files of the project \nEnd.\n-- \nAnn',
    );
    const spaced = await contentOf(
      `${flowed}; delsp=yes`,
      'In-Reply-To: <1@example.com>',
      '',
      'don ',
      'key',
      '  stuffed',
      '> a ',
      '>> b',
    );
    expect(spaced).toMatchObject({ text: 'donkey\n stuffed', quoted: '> a\n>> b' });
  });
});

describe('charsets of bodies', () => {
  it.each([
    ['no label, UTF-8', 'X: x', 'Gr\xc3\xbc\xc3\x9fe', 'Grüße'],
    ['no label, Latin-1', 'X: x', 'Gr\xfc\xdfe', 'Grüße'],
    ['no charset, UTF-8', 'Content-Type: text/plain', 'Gr\xc3\xbc\xc3\x9fe', 'Grüße'],
    ['a wrong label', 'Content-Type: text/plain; charset=iso-8859-1', 'Gr\xc3\xbc\xc3\x9fe', 'Grüße'],
    ['a wrong label of UTF-8', 'Content-Type: text/plain; charset=utf-8', 'Gr\xfc\xdfe \x80', 'Grüße €'],
    ['UTF-7', 'Content-Type: text/plain; charset=utf-7', 'Gr+APwA3w-e', 'Grüße'],
    ['a code page', 'Content-Type: text/plain; charset=cp850', 'Gr\x81\xe1e', 'Grüße'],
    ['ISO-2022-KR', 'Content-Type: text/plain; charset=iso-2022-kr', '\x1b$)C\x0e>H3g\x0f', '안녕'],
    ['HZ', 'Content-Type: text/plain; charset=hz-gb-2312', '~{:C~}!', '好!'],
    ['a label with quotes and case', `Content-Type: text/plain; charset="'KOI8-R'"`, '\xf0\xd2\xc9', 'При'],
  ])('%s', async (_, header, body, text) => {
    expect(await textOf(header, '', body)).toBe(text);
  });

  it.each([
    ['<meta charset="koi8-r">', 'text/html'],
    ["<META http-equiv='Content-Type' content='text/html; charset=koi8-r'>", 'text/html'],
    ['<meta charset=koi8-r>', 'text/html; charset=us-ascii'],
  ])('%s in HTML', async (meta, type) => {
    const lines = [`<html><head>${meta}</head><p>\xf0\xd2\xc9\xd7\xc5\xd4</p>`];
    expect(await textOf(`Content-Type: ${type}`, '', ...lines)).toBe('Привет');
  });

  it('a label outside counts more than one inside, and UTF-7 is never read in HTML', async () => {
    const html = '<meta charset=koi8-r><p>\xe9</p>';
    expect(await textOf('Content-Type: text/html; charset=iso-8859-1', '', html)).toBe('é');
    expect(await textOf('Content-Type: text/html; charset=utf-7', '', '<p>+ADw-b+AD4-</p>')).toBe(
      '+ADw-b+AD4-',
    );
    expect(await textOf('Content-Type: text/html', '', '<meta charset=utf-7><p>+ADw-b+AD4-</p>')).toBe(
      '+ADw-b+AD4-',
    );
  });

  it('control characters that only a charset brings out are none in the text', async () => {
    expect(await textOf('Content-Type: text/plain; charset=utf-7', '', 'a+AAAABwAbAIU-b')).toBe('ab');
  });
});

it('the date has the offset of the sender’s clock', async () => {
  expect((await contentOf('Date: Sun, 22 Nov 2026 00:30:00 +0200', '', 'x')).date).toBe(
    '2026-11-22T00:30:00+02:00',
  );
  expect((await contentOf('Date: someday', '', 'x')).date).toBeNull();
  expect((await contentOf('', 'x')).date).toBeNull();
});
