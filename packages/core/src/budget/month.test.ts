import { expect, it } from 'vitest';
import { monthOf } from './month.ts';

it.each([
  ['2026-11-30T23:59:59.999Z', '2026-11-01', '2026-12-01'],
  ['2026-12-01T00:00:00.000Z', '2026-12-01', '2027-01-01'],
  ['2028-02-29T12:00:00.000Z', '2028-02-01', '2028-03-01'],
  ['2026-06-01T01:00:00.000+02:00', '2026-05-01', '2026-06-01'],
])('%s is of the month from %s to %s, in UTC', (at, from, until) => {
  expect(monthOf(Date.parse(at))).toEqual({ from: Date.parse(from), until: Date.parse(until) });
});
