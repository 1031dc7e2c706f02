import { describe, expect, it } from 'vitest';
import { checkHeaderBlock, countField, hasFalseEnd, headerBlock, strictFields } from './header-block.ts';
import { rawLimits } from './raw-limits.ts';

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
    [' From: a\r\nTo: b\r\n', 1],
    ['\t\r\n From: a\r\n', 1],
    ['From\r\r\n : a\r\n', 1],
    ['From\r: a\r\n', 1],
    ['To: b\r\n\tFrom: folded\r\n', 0],
  ])('counts From in %j as %i', (block, count) => expect(countField(bytes(block), 'from')).toBe(count));
});

describe('hasFalseEnd', () => {
  it.each([
    ['a: b\r\n\r\r\nc: d\r\n\r\n', true],
    ['\r\r\na: b\r\n', true],
    ['a: b\n\r\r\r\nc: d\n', true],
    ['a: b\r\r\nc: d\r\n\r\n', false],
    ['a: b\rc\r\n\r\n', false],
    ['a: b\n\n', false],
  ])('of %j is %s', (block, expected) => expect(hasFalseEnd(bytes(block))).toBe(expected));
});

describe('strictFields', () => {
  const fields = (text: string) => [...strictFields(bytes(text))].map(({ name, body }) => [name, body]);

  it('gives names as they stand, and bodies without folds, in order', () => {
    expect(fields('A: b\r\n c\r\nD\r\n : e\r\nnothing\r\nF:\r\n\tg: h\r\n\r\nI: j\r\n')).toEqual([
      ['A', ' b c'],
      ['D ', ' e'],
      ['', 'nothing'],
      ['F', '\tg: h'],
    ]);
    expect(fields('A: b\nC: d')).toEqual([
      ['A', ' b'],
      ['C', ' d'],
    ]);
  });

  it('begins no field in the middle of a line', () => {
    expect(fields('A: b\nX: c\rY: d\nE: f\n\n')).toHaveLength(3);
    expect(fields('A: b\r\nX: c\nY: d\rZ: e\r\n\r\n')).toEqual([
      ['A', ' b'],
      ['X', ' c\nY: d\rZ: e'],
    ]);
  });

  it('is nothing for nothing', () => expect(fields('')).toEqual([]));
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
