import { expect, it } from 'vitest';
import { bytesText, counted, countText, moneyText, tokensText } from './numbers.ts';

it.each([
  [null, 'unknown'],
  [0, '$0.00'],
  [12.5, '$12.50'],
  [0.1, '$0.10'],
  [0.0687, '$0.0687'],
  [0.01234, '$0.0123'],
  [0.000123, '$0.000123'],
  [0.000001, '$0.000001'],
  [-0.5, '−$0.50'],
])('%s dollars are %s', (usd, text) => {
  expect(moneyText(usd)).toBe(text);
});

it.each([
  [null, 'unknown'],
  [812, '812'],
  [4960, '5.0k'],
  [663_000, '663k'],
  [1_250_000, '1.25M'],
])('%s tokens are %s', (tokens, text) => {
  expect(tokensText(tokens)).toBe(text);
});

it.each([
  [null, 'unknown'],
  [812, '812 B'],
  [5021, '5.0 kB'],
  [999_499, '999 kB'],
  [12_345_678, '12 MB'],
])('%s bytes are %s', (bytes, text) => {
  expect(bytesText(bytes)).toBe(text);
});

it('counts in words, and says where it stopped', () => {
  expect(counted(1, 'mail')).toBe('1 mail');
  expect(counted(1234, 'mail')).toBe('1,234 mails');
  expect(counted(100, 'mail', 100)).toBe('100+ mails');
  expect(countText(null)).toBe('unknown');
});
