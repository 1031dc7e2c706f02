import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { afterFailure, backoffMs } from './backoff.ts';

const policy = { baseMs: 1000, capMs: 60_000, maxAttempts: 3 };
const lowest = () => 0;
const highest = () => 1 - Number.EPSILON;

describe('backoffMs', () => {
  it.each([
    [1, 500, 1000],
    [2, 1000, 2000],
    [3, 2000, 4000],
    [6, 16_000, 32_000],
    [7, 30_000, 60_000],
    [50, 30_000, 60_000],
    [1_000_000, 30_000, 60_000],
  ])('after attempt %i is between %i and %i ms', (attempt, least, most) => {
    expect(backoffMs(attempt, policy, lowest)).toBe(least);
    expect(backoffMs(attempt, policy, highest)).toBe(most);
  });

  it('is a whole number within the cap for any attempt and any random number', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1e9 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (attempt, chance) => {
          const wait = backoffMs(attempt, policy, () => chance);
          expect(Number.isInteger(wait)).toBe(true);
          expect(wait).toBeGreaterThanOrEqual(500);
          expect(wait).toBeLessThanOrEqual(60_000);
        },
      ),
    );
  });
});

describe('afterFailure', () => {
  it('retries until the attempts are used up', () => {
    const steps = [1, 2, 3, 4].map((attempt) => afterFailure({ attempt, retryable: true }, policy, lowest));
    expect(steps).toEqual([
      { step: 'retry', delayMs: 500 },
      { step: 'retry', delayMs: 1000 },
      { step: 'give_up' },
      { step: 'give_up' },
    ]);
  });

  it('gives up at once where another attempt can not help', () => {
    expect(afterFailure({ attempt: 1, retryable: false, retryAfterMs: 10 }, policy, lowest)).toEqual({
      step: 'give_up',
    });
  });

  it.each([
    [90_000, 90_000],
    [90_000.2, 90_001],
    [10, 500],
    [-5, 500],
    [0, 500],
    [Number.NaN, 500],
    [Number.POSITIVE_INFINITY, 500],
    [1e15, 86_400_000],
  ])('waits at least what the provider asked for (%d ms → %d)', (retryAfterMs, delayMs) => {
    expect(afterFailure({ attempt: 1, retryable: true, retryAfterMs }, policy, lowest)).toEqual({
      step: 'retry',
      delayMs,
    });
  });
});
