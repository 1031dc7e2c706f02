import { expect, it } from 'vitest';
import { monthOf } from './caps.ts';
import { projectedSpending } from './projection.ts';

const at = (text: string) => Date.parse(text);
const november = monthOf(at('2026-11-15'));
const spending = (now: string, spent: number, since = '2026-01-01') =>
  projectedSpending({ month: november, now: at(now), since: at(since), spent });

it('goes on at the pace of the month so far', () => {
  expect(spending('2026-11-16', 15)).toBe(30);
  expect(spending('2026-11-30T23:59:59.999Z', 30)).toBeCloseTo(30, 5);
});

it('is the pace since the first agent, where that was made within the month', () => {
  expect(spending('2026-11-26', 10, '2026-11-21')).toBe(20);
});

it('is not known with too little to go by, and never 0 for that', () => {
  expect(spending('2026-11-02T23:59:59Z', 5)).toBeNull();
  expect(spending('2026-11-03', 5)).toBe(75);
  expect(spending('2026-11-22', 5, '2026-11-21')).toBeNull();
  expect(spending('2026-11-16', 0)).toBeNull();
});
