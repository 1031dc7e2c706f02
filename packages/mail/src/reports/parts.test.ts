import { describe, expect, it } from 'vitest';
import { embeddedHeader, textOf, topLevel } from './parts.ts';

const read = (...lines: string[]) => topLevel(Buffer.from(lines.join('\r\n'))).parts;
const readOne = (...lines: string[]) => {
  const [part] = read(...lines);
  if (part === undefined) throw new Error('There is no part.');
  return part;
};
const typed = (boundary: string) => `Content-Type: multipart/report; boundary=${boundary}`;
const textsOf = (...lines: string[]) => read(...lines).map((part) => textOf(part));

describe('topLevel', () => {
  it('gives the parts between the delimiters, without preamble and epilogue', () => {
    expect(textsOf(typed('b'), '', 'before', '--b', '', 'one', '--b', '', 'two', '--b--', 'after')).toEqual([
      'one',
      'two',
    ]);
  });

  it('takes white space after a delimiter, and quoted boundaries', () => {
    expect(textsOf(typed('"a b=1"'), '', '--a b=1 \t', '', 'one', '--a b=1-- ')).toEqual(['one']);
  });

  it.each(['--bb', '--b x', '--B', ' --b', '--b-'])('does not take %j for the delimiter --b', (line) => {
    expect(textsOf(typed('b'), '', '--b', '', 'one', line, 'more', '--b--')).toEqual([
      `one\r\n${line}\r\nmore`,
    ]);
  });

  it.each([
    ['within a part', ['--b', '', 'one'], ['one']],
    ['right after a delimiter', ['--b', '', 'one', '--b'], ['one', '']],
    ['before the first part', [], []],
  ])('reads what there is of a message cut off %s', (_, lines, texts) => {
    expect(textsOf(typed('b'), '', ...lines)).toEqual(texts);
  });

  it('gives at most fifty', () => {
    const lines = Array.from({ length: 80 }, (_, n) => ['--b', '', `part ${n}`]).flat();
    expect(textsOf(typed('b'), '', ...lines)).toHaveLength(50);
  });

  it('gives none where no boundary is said', () => {
    expect(textsOf('Content-Type: multipart/report', '', '--', '', 'one')).toEqual([]);
    expect(textsOf(typed('""'), '', '--', '', 'one')).toEqual([]);
  });

  it('gives nothing of a multipart within the multipart', () => {
    expect(
      textsOf(typed('b'), '', '--b', typed('c'), '', '--c', '', 'deep', '--c--', '--b', '', 'one', '--b--'),
    ).toEqual(['one']);
  });

  it('gives a message that is no multipart itself', () =>
    expect(textsOf('Subject: x', '', 'one')).toEqual(['one']));

  it.each([
    ['Content-Type: Message/Delivery-Status; charset=x', 'message/delivery-status'],
    ['Subject: x', 'text/plain'],
    ['Content-Type: text/html\r\nContent-Type: message/delivery-status', 'text/html'],
  ])('reads the type of %j as %s', (header, type) => expect(readOne(header, '', 'x').type).toBe(type));
});

describe('textOf', () => {
  it.each([
    ['base64', 'Z3LDvMOf\r\nZQ==', 'grüße'],
    ['Quoted-Printable', 'gr=C3=BC=\r\n=C3=9F=zze', 'grüß=zze'],
    ['8bit', 'grüße', 'grüße'],
  ])('decodes %s', (encoding, content, text) => {
    expect(textOf(readOne(`Content-Transfer-Encoding: ${encoding}`, '', content))).toBe(text);
  });

  it.each([
    ['8bit', 'x'.repeat(900_000)],
    ['base64', Buffer.from('x'.repeat(900_000)).toString('base64')],
    ['quoted-printable', 'x'.repeat(900_000)],
  ])('gives no more of %s than is looked at', (encoding, content) => {
    expect(textOf(readOne(`Content-Transfer-Encoding: ${encoding}`, '', content))).toHaveLength(256 * 1024);
  });
});

describe('embeddedHeader', () => {
  it('ends at the first empty line', () => {
    const message = ['From bot Mon Mar  2 10:00:00 2026', 'Subject: a', ' b', 'To : e', '', 'Cc: body'];
    expect(embeddedHeader(readOne('Content-Type: message/rfc822', '', ...message))).toMatchObject([
      { name: 'from bot mon mar  2 10', value: '00:00 2026' },
      { name: 'subject', value: 'a b' },
      { name: 'to', value: 'e' },
    ]);
  });
});
