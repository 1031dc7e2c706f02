import { describe, expect, it } from 'vitest';
import { mimeTree, treeLimits } from './mime-tree.ts';

const bodies = (text: string) =>
  mimeTree(Buffer.from(text, 'latin1')).parts.map(({ body }) => Buffer.from(body).toString('latin1'));
const nested = (levels: number) =>
  Array.from(
    { length: levels },
    (_, n) => `Content-Type: multipart/mixed; boundary=b${n}\r\n\r\n--b${n}\r\n`,
  ).join('');
const mixed = 'Content-Type: multipart/mixed; boundary=b\r\n\r\n';

describe('mimeTree', () => {
  it.each([
    [
      'a preamble and an epilogue',
      `${mixed}preamble\r\n--b\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--\r\nepilogue`,
      ['one', 'two'],
    ],
    ['blanks behind boundaries', `${mixed}--b \t\r\n\r\none\r\n--b--  \r\n`, ['one']],
    [
      'a boundary that ends in blanks',
      'Content-Type: multipart/mixed; boundary="b "\r\n\r\n--b\r\n\r\none\r\n--b--',
      ['one'],
    ],
    ['bare LFs', `${mixed}--b\r\n\r\none\r\n--b--\r\n`.replaceAll('\r', ''), ['one']],
    [
      'a part without an empty line',
      `${mixed}--b\r\nContent-Type: text/html\r\n--b\r\n\r\ntwo\r\n--b--`,
      ['', 'two'],
    ],
    [
      'the boundary of a part around',
      `${mixed}--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\none\r\n--b\r\n\r\ntwo`,
      ['one', 'two'],
    ],
    [
      'a part within whose boundary begins as the one around',
      `${mixed}--b\r\nContent-Type: multipart/mixed; boundary=bc\r\n\r\n--bc\r\n\r\none\r\n--bc--\r\n--b--`,
      ['one'],
    ],
    ['no header at all', '\r\nbody', ['body']],
    ['nothing', '', ['']],
  ])('takes %s apart', (_, text, expected) => {
    expect(bodies(text)).toEqual(expected);
  });

  it('copies nothing: parts are ranges of the message', () => {
    const raw = Buffer.from(`${mixed}--b\r\n\r\none\r\n--b--`);
    const [part] = mimeTree(raw).parts;
    expect(part?.body.buffer).toBe(raw.buffer);
  });

  it('names the alternative that a part belongs to', () => {
    const inner = (boundary: string) =>
      `--b\r\nContent-Type: multipart/alternative; boundary=${boundary}\r\n\r\n--${boundary}\r\n\r\n1\r\n--${boundary}\r\n\r\n2\r\n--${boundary}--\r\n`;
    const { parts } = mimeTree(Buffer.from(`${mixed}${inner('c')}${inner('d')}--b\r\n\r\n5\r\n--b--`));
    const groups = parts.map(({ alternative }) => alternative);
    expect(groups[0]).toBe(groups[1]);
    expect(groups[2]).toBe(groups[3]);
    expect(groups[0]).not.toBe(groups[2]);
    expect(groups[4]).toBeNull();
  });

  it('gives up where no mail program would be', () => {
    expect(bodies(nested(treeLimits.depth))).toHaveLength(1);
    expect(() => bodies(nested(treeLimits.depth + 1))).toThrow('deeper than 50 levels');
    expect(() => bodies(`X: ${'x'.repeat(treeLimits.headerBytes)}\r\n\r\n`)).toThrow('header sections');
  });
});
