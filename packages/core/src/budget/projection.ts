/** What a month will have cost at its end, if it goes on as it did so far. */
import type { Month } from './caps.ts';

/** What is known of a month in its middle. Times are epoch ms, amounts of any one unit. */
export interface MonthSoFar {
  month: Month;
  now: number;
  /** When spending can have begun, such as when the oldest agent was made; it counts where it is within the month. */
  since: number;
  spent: number;
}

/** A pace of fewer days says nothing about a month. */
const FEWEST_DAYS = 2;
const DAY_MS = 86_400_000;

/** What will be spent by the end of the month, in the unit of `spent`; null where nothing was, or it is too early to say. */
export function projectedSpending({ month, now, since, spent }: MonthSoFar): number | null {
  const begin = Math.max(month.from, since);
  const elapsed = now - begin;
  if (spent <= 0 || elapsed < FEWEST_DAYS * DAY_MS || now > month.until) return null;
  return (spent / elapsed) * (month.until - begin);
}
