import { describe, expect, it } from 'vitest';
import { prescan, rawLimits } from './prescan.ts';

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
  ])('refuses %s', (_, raw, code) => {
    expect(prescan(raw)).toMatchObject({ ok: false, code });
  });
});
