import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodedBody, decodedLength } from './transfer-encoding.ts';

const lengthOf = (text: string, encoding: string, enough = 0) =>
  decodedLength(Buffer.from(text), encoding, enough);
const made = (text: string, encoding: string) =>
  decodedBody(Buffer.from(text), encoding, false).content.length;

describe('decodedLength', () => {
  it.each([
    ['', 'base64'],
    ['QUJD\r\nQUJD\r\n', 'base64'],
    ['QUJD\nQUI=\n', 'base64'],
    ['QUJD', 'base-64'],
    ['=41=42\r\nplain  \r\nsoft=\r\nbreak', 'quoted-printable'],
    ['as it is\r\n', '8bit'],
    ['as it is\r\n', ''],
  ])('of %j in %j is what is decoded', (text, encoding) => {
    expect(lengthOf(text, encoding)).toBe(made(text, encoding));
  });

  it('is never less than what is decoded, whatever stands there, nor than what would do', () => {
    const body = fc.string({ unit: fc.constantFrom(...'AQ=/+ \r\n-é') });
    fc.assert(
      fc.property(
        body,
        fc.constantFrom('base64', 'quoted-printable', 'x-uuencode', ''),
        fc.nat(40),
        (text, encoding, enough) => {
          expect(lengthOf(text, encoding, enough)).toBeGreaterThanOrEqual(made(text, encoding));
        },
      ),
    );
  });

  it('counts no blanks or other marks of base64 where that decides', () => {
    const text = 'Q U J D \r\n'.repeat(100);
    expect(lengthOf(text, 'base64', 299)).toBe(300);
    expect(made(text, 'base64')).toBe(300);
  });
});
