import { expect, it } from 'vitest';
import { agoText } from './time-text.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;

it.each([
  [0, 'just now'],
  [-5 * MINUTE, 'just now'],
  [59_999, 'just now'],
  [MINUTE, '1 minute ago'],
  [59 * MINUTE, '59 minutes ago'],
  [119 * MINUTE, '1 hour ago'],
  [DAY, 'yesterday'],
  [29 * DAY, '29 days ago'],
  [31 * DAY, 'last month'],
  [800 * DAY, '2 years ago'],
])('%d ms before now is %s', (before, text) => {
  const now = Date.UTC(2026, 10, 27);
  expect(agoText(now - before, now)).toBe(text);
});
