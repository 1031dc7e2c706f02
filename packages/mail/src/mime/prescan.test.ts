import { describe, expect, it } from 'vitest';
import { prescan } from './prescan.ts';
import { rawLimits } from './raw-limits.ts';

const bytes = (text: string) => Buffer.from(text);

describe('prescan', () => {
  it('lets through an ordinary message, and one at each limit', () => {
    expect(prescan(bytes('Subject: x\r\n\r\nhello\r\n'))).toBeNull();
    expect(prescan(bytes('0123456789\n'.repeat(rawLimits.lines)))).toBeNull();
    expect(prescan(bytes(`x\n${'--boundary\n'.repeat(rawLimits.boundaryLines)}`))).toBeNull();
    expect(prescan(bytes('\r\n'.repeat(rawLimits.shortLines)))).toBeNull();
    expect(prescan(Buffer.alloc(rawLimits.bytes, `${'x'.repeat(998)}\r\n`))).toBeNull();
  });

  it.each([
    ['too many bytes', Buffer.alloc(rawLimits.bytes + 1), 'too_large'],
    ['too many lines', bytes('0123456789\n'.repeat(rawLimits.lines + 1)), 'too_complex'],
    [
      'too many possible boundaries',
      bytes(`x\n${'--boundary\n'.repeat(rawLimits.boundaryLines + 1)}`),
      'too_complex',
    ],
    ['a line that is too long', bytes(`a\n${'x'.repeat(rawLimits.lineBytes)}\nb`), 'too_complex'],
    ['a last line that is too long', bytes(`a\n${'x'.repeat(rawLimits.lineBytes)}`), 'too_complex'],
    ['too many blank lines', bytes('\r\n'.repeat(rawLimits.shortLines + 1)), 'too_complex'],
    ['25 MB in 25 lines', Buffer.alloc(24_999_000, `${'x'.repeat(999_000)}\r\n`), 'too_complex'],
    ['800,000 short lines', bytes('1234567\r\n'.repeat(800_000)), 'too_complex'],
    ['a run of CRs without an end', Buffer.alloc(25_000_000, '\r'), 'too_complex'],
  ])('refuses %s', (_, raw, code) => {
    expect(prescan(raw)).toMatchObject({ ok: false, code });
  });

  it.each([
    ['a full message of base64 in lines of 76', `${'QUJD'.repeat(19)}\r\n`],
    ['a full message of base64 in lines of 64', `${'QUJD'.repeat(16)}\r\n`],
    ['a full message of base64 with padding in each line', `${'QUJD'.repeat(18)}QQ==\r\n`],
  ])('lets through %s', (_, line) => {
    const head = bytes('Content-Transfer-Encoding: base64\r\n\r\n');
    expect(prescan(Buffer.concat([head, Buffer.alloc(rawLimits.bytes - head.length, line)]))).toBeNull();
  });
});
