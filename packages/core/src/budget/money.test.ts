import { describe, expect, it } from 'vitest';
import { formatUsd, microUsdOf, parseUsd, usdOf } from './money.ts';

describe('amounts of money', () => {
  it.each([
    ['0', 0],
    ['12', 12_000_000],
    ['$12.50', 12_500_000],
    [' 0.000001 ', 1],
    ['1000000', 1_000_000_000_000],
    ['0.1', 100_000],
  ])('reads %j exactly', (text, microUsd) => {
    expect(parseUsd(text)).toEqual({ ok: true, microUsd });
  });

  it.each([
    '',
    '-1',
    '1e3',
    '1,5',
    '.5',
    '5.',
    '0.0000001',
    '1000000.000001',
    '9999999999',
    'NaN',
    '0x10',
    '１',
  ])('refuses %j', (text) => {
    expect(parseUsd(text)).toMatchObject({ ok: false, reason: expect.stringContaining('12.50') });
  });

  it.each([
    [0, '$0.00'],
    [1, '$0.000001'],
    [20_000, '$0.02'],
    [12_345, '$0.012345'],
    [12_500_000, '$12.50'],
    [100_000, '$0.10'],
  ])('writes %d as %s', (microUsd, text) => {
    expect(formatUsd(microUsd)).toBe(text);
  });

  it('survives the way through dollars, also as a sum of many', () => {
    let usd = 0;
    for (let run = 0; run < 10_000; run++) usd += usdOf(100_003);
    expect(microUsdOf(usd)).toBe(1_000_030_000);
  });
});
