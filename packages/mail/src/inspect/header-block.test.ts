import { describe, expect, it } from 'vitest';
import { checkHeaderBlock, countField, headerBlock } from './header-block.ts';
import { rawLimits } from './prescan.ts';

const bytes = (text: string) => Buffer.from(text);
const blockOf = (text: string) => Buffer.from(headerBlock(bytes(text))).toString();

describe('headerBlock', () => {
  it.each([
    ['a: b\r\n\r\nbody', 'a: b\r\n\r\n'],
    ['a: b\n\nbody', 'a: b\n\n'],
    ['a: b\r\nc: d', 'a: b\r\nc: d'],
    ['\r\na: b\r\n\r\n', ''],
    ['\na: b\n\n', ''],
    ['', ''],
  ])('of %j is %j', (raw, block) => expect(blockOf(raw)).toBe(block));
});

describe('countField', () => {
  it.each([
    ['From: a\r\nTo: b\r\n', 1],
    ['from : a\r\n', 1],
    ['FROM\t:a\r\n', 1],
    ['From\r\n :a\r\n', 1],
    ['To: b\r\n From: folded\r\n', 0],
    ['X-From: a\r\nFrom-X: b\r\n', 0],
    ['Subject: x\rFrom: hidden\r\nFrom: a\r\n', 2],
    ['From: a\r\nFROM: b\r\n', 2],
    ['From ann@example.com Mon Jan 1 00:00:00 2024\r\nFrom: a\r\n', 1],
  ])('counts From in %j as %i', (block, count) => expect(countField(bytes(block), 'from')).toBe(count));
});

describe('checkHeaderBlock', () => {
  it('refuses header bombs: bytes, lines, signatures', () => {
    expect(checkHeaderBlock(bytes(`a: ${'x'.repeat(rawLimits.headerBytes)}\r\n`), rawLimits)?.code).toBe(
      'too_complex',
    );
    expect(checkHeaderBlock(bytes('a:b\r\n'.repeat(10_001)), rawLimits)?.code).toBe('too_complex');
    expect(checkHeaderBlock(bytes('DKIM-Signature: v=1\r\n'.repeat(21)), rawLimits)?.code).toBe(
      'too_complex',
    );
    expect(checkHeaderBlock(bytes('DKIM-Signature: v=1\r\n'.repeat(20)), rawLimits)).toBeNull();
  });
});
