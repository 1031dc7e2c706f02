import { fuzzRuns } from '@tinyfat/testing/fuzz-runs';
import fc from 'fast-check';
import iconv from 'iconv-lite';
import { describe, expect, it } from 'vitest';
import { mailboxesIn } from '../mime/mailboxes.ts';
import { bytesOfText, byteText } from './byte-text.ts';
import { headerText } from './encoded-words.ts';

/** A field as it came: one character a byte. */
const field = (latin1: string) => byteText(Buffer.from(latin1, 'latin1'));
const read = (latin1: string, fallback: string | null = null) => headerText(field(latin1), fallback);

describe('words of one charset that follow each other', () => {
  it.each([
    ['a character cut in two', '=?utf-8?q?Gr=C3?= =?utf-8?q?=BC=C3=9Fe?=', 'Grüße'],
    ['in any spelling', '=?UTF-8?Q?Gr=C3?= =?utf-8?q?=BC?=\t=?utf8?q?=C3?= =?UTF8*de?q?=9F?=', 'Grüß'],
    ['in both encodings', '=?utf-8?q?Gr=C3?= =?utf-8?b?vMOfZQ==?=', 'Grüße'],
    ['base64 cut within a group', '=?utf-8?b?R3LDv?= =?utf-8?b?MOfZQ==?=', 'Grüße'],
    ['base64 with padding in each word', '=?utf-8?b?R3LD?= =?utf-8?b?vA==?= =?utf-8?b?w58=?=', 'Grüß'],
    ['a pair of Shift_JIS cut in two', '=?shift_jis?q?=82?= =?shift_jis?q?=A0?=', 'あ'],
    ['a pair of GB2312 cut in two', '=?GB2312?B?xA==?= =?gb2312?B?47rD?=', '你好'],
    [
      'Japanese that shifts in each word',
      '=?iso-2022-jp?b?GyRCJCIbKEI=?= =?ISO-2022-JP?b?GyRCJCQbKEI=?=',
      'あい',
    ],
    ['without white space', '=?utf-8?q?=C3?==?utf-8?q?=BC?=', 'ü'],
  ])('are one: %s', (_, words, text) => {
    expect(read(words)).toBe(text);
  });

  it('of several charsets are decoded each in its own, and white space between them is none', () => {
    expect(read('=?iso-8859-1?q?=FC?= =?utf-8?q?=C3=A9?= =?koi8-r?q?=C1?= x')).toBe('üéа x');
  });
});

describe('one word', () => {
  it.each([
    ['a raw byte inside', '=?iso-8859-1?q?Gr\xfc=DFe?=', 'Grüße'],
    ['raw UTF-8 inside', '=?utf-8?q?Gr\xc3\xbc=C3=9Fe?=', 'Grüße'],
    ['half a character raw', '=?utf-8?q?=C3\xbc?=', 'ü'],
    ['raw Shift_JIS inside', '=?shift_jis?q?\x82\xa0?=', 'あ'],
    ['blanks inside', '=?utf-8?q?two words?=', 'two words'],
    ['a question mark inside', '=?utf-8?q?really??=', 'really?'],
    ['UTF-8 under another label', '=?iso-8859-1?q?=C3=BC?=', 'ü'],
    ['Latin-1 under the label of UTF-8', '=?utf-8?q?=FC?=', 'ü'],
    ['a code page', '=?cp850?q?=81?=', 'ü'],
    ['all of Korean', '=?ks_c_5601-1987?b?lOA=?=', iconv.decode(Buffer.from('94e0', 'hex'), 'cp949')],
    ['a charset that nobody knows', '=?x-klingon?q?a=FC?=', 'aü'],
    ['an equals sign alone', '=?utf-8?q?1=2?=', '1=2'],
    ['nothing inside', 'a =?utf-8?q??= b', 'a  b'],
    ['UTF-7, which stays as it is', '=?utf-7?q?+AGA-?=', '+AGA-'],
    ['no end', '=?utf-8?q?abc', '=?utf-8?q?abc'],
    ['no end before the next word', '=?utf-8?q?abc =?utf-8?q?d?=', '=?utf-8?q?abc d'],
    ['an encoding that is none', '=?utf-8?x?abc?=', '=?utf-8?x?abc?='],
  ])('with %s', (_, word, text) => {
    expect(read(word)).toBe(text);
  });
});

describe('raw bytes', () => {
  it('are UTF-8, else in the charset that the message names, else windows-1252', () => {
    expect(read('Gr\xc3\xbc\xc3\x9fe', 'koi8-r')).toBe('Grüße');
    expect(read('\xf0\xd2\xc9\xd7\xc5\xd4', 'koi8-r')).toBe('Привет');
    expect(read('caf\xe9 =?utf-8?q?=C3=BC?=')).toBe('café ü');
    expect(read('caf\xe9', 'utf-16')).not.toBe('');
  });

  it('are one character each until they are decoded, whatever they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const text = byteText(bytes);
        expect(text).toHaveLength(bytes.length);
        expect(Buffer.from(bytesOfText(text)).equals(bytes)).toBe(true);
        expect(text).not.toMatch(/[\x80-\xff\u2028]/);
      }),
    );
  });
});

describe('round trips', () => {
  const charsets = ['utf-8', 'gb18030', 'utf-16le', 'utf-8', 'cp949'];
  it('any text, cut anywhere, in words of any kind', () => {
    const cut = fc.record({
      text: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
      charset: fc.constantFrom(...charsets),
      sizes: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 30 }),
      base64: fc.array(fc.boolean(), { minLength: 1, maxLength: 30 }),
    });
    fc.assert(
      fc.property(cut, ({ text, charset, sizes, base64 }) => {
        const bytes = iconv.encode(text, charset);
        fc.pre(iconv.decode(bytes, charset) === text && !/^\ufeff|[\ufffd\ufffe]/.test(text));
        // Zeros say that it is two bytes a character; without any it could be UTF-8.
        fc.pre(charset !== 'utf-16le' || /[ -~]/.test(text));
        fc.pre(charset === 'utf-8' || charset === 'utf-16le' || /[\u4e00-\u9fff\uac00-\ud7a3]/.test(text));
        const words: string[] = [];
        for (let at = 0, index = 0; at < bytes.length; index += 1) {
          const size = sizes[index % sizes.length] ?? 1;
          const piece = bytes.subarray(at, at + size);
          at += size;
          const encoded = base64[index % base64.length]
            ? `b?${piece.toString('base64')}`
            : `q?${[...piece].map((byte) => `=${byte.toString(16).padStart(2, '0')}`).join('')}`;
          words.push(`=?${charset}?${encoded}?=`);
        }
        expect(read(words.join('\r\n '))).toBe(text.toWellFormed());
      }),
      fuzzRuns(150),
    );
  });

  it('never throws, and gives well-formed text', () => {
    const piece = fc.constantFrom(
      '=?',
      '?=',
      '?',
      '=',
      'utf-8',
      'q',
      'b',
      '=C3',
      '_',
      ' ',
      '\r\n ',
      'iso-2022-jp',
      '\xff',
      '\x1b$B',
      'utf-16',
      '*',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        expect(read(pieces.join('')).isWellFormed()).toBe(true);
      }),
    );
  });

  it.each(['=?utf-8?q?', '=?a?b?A?=', '=?', '=?utf-8?q?=C3', '=?utf-8?b?A?= '])(
    'is linear in %j',
    (piece) => {
      expect(typeof read(piece.repeat(250_000 / piece.length))).toBe('string');
      expect(typeof read(`${piece.repeat(250_000 / piece.length)}?=`)).toBe('string');
    },
  );
});

describe('names of people', () => {
  it.each([
    [
      '=?utf-8?q?Ann_=C3?= =?UTF-8?q?=84?= <ann@example.com>',
      [{ name: 'Ann Ä', address: 'ann@example.com' }],
    ],
    [
      '"J\xfcrgen" <j@example.com>, Zo\xc3\xab <z@example.com>',
      [
        { name: 'Jürgen', address: 'j@example.com' },
        { name: 'Zoë', address: 'z@example.com' },
      ],
    ],
    ['\xc3\xa0 <a@example.com>', [{ name: 'à', address: 'a@example.com' }]],
    ['j\xc3\xbc@example.com', [{ name: '', address: 'jü@example.com' }]],
    ['=?utf-8?q?a=0D=0ABcc=3A_b?= <c@example.com>', [{ name: 'a Bcc: b', address: 'c@example.com' }]],
  ])('are decoded in %j', (list, people) => {
    expect(mailboxesIn(field(list))).toEqual(people);
  });

  it.each([
    '=?utf-8?q?ann=40example=2Ecom?=',
    '=?utf-8?q?=3Cann=40example=2Ecom=3E?=',
    '=?utf-8?q?=22=3Cann=40example=2Ecom=3E?= <eve@evil.example>',
    '=?utf-8?q?x=2C_ann=40example=2Ecom?= <eve@evil.example>',
  ])('never make an address: %s', (list) => {
    for (const { address } of mailboxesIn(field(list))) expect(address).not.toContain('ann@');
  });
});
