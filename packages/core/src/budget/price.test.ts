import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  affordableTokens,
  answerCeiling,
  brokenOffTokens,
  costOf,
  dearestPrice,
  worstCase,
  worstInput,
} from './price.ts';

const HAIKU = { input: 1, output: 5, cacheRead: 0.1, cacheWrite: 1.25 };
/** Above 100,000 tokens of input everything costs five times as much. */
const TIERED = {
  ...HAIKU,
  tiers: [{ inputTokensAbove: 100_000, input: 5, output: 25, cacheRead: 0.5, cacheWrite: 6.25 }],
};
const usage = (change: object) => ({
  input: 0,
  output: 0,
  cacheRead: 0,
  cacheWrite: 0,
  cacheWriteHour: 0,
  ...change,
});

describe('what an answer costs', () => {
  it('is the sum of all tokens at their rates, in whole micro-dollars', () => {
    expect(costOf(HAIKU, usage({ input: 19, output: 7, cacheRead: 3000, cacheWrite: 1200 }))).toBe(1854);
    expect(costOf(HAIKU, usage({ cacheRead: 3 }))).toBe(1);
    expect(costOf(HAIKU, usage({}))).toBe(0);
  });

  it('counts what is cached for an hour at twice the input', () => {
    expect(costOf(HAIKU, usage({ cacheWrite: 100, cacheWriteHour: 100 }))).toBe(200);
    expect(costOf(HAIKU, usage({ cacheWrite: 100, cacheWriteHour: 40 }))).toBe(155);
    expect(costOf(HAIKU, usage({ cacheWrite: 100, cacheWriteHour: 900 }))).toBe(200);
  });

  it('follows the tier of the whole input', () => {
    const split = { input: 20_000, cacheRead: 70_000, cacheWrite: 10_000, output: 1_000 };
    const atMark = costOf(TIERED, usage(split));
    expect(atMark).toBe(costOf(HAIKU, usage(split)));
    expect(costOf(TIERED, usage({ ...split, cacheRead: 70_001 }))).toBe(5 * atMark + 1);
  });
});

const tokens = fc.integer({ min: 0, max: 2_000_000 });

describe('what a request costs at most', () => {
  it('is never less than its answer costs, however its tokens were split', () => {
    fc.assert(
      fc.property(
        tokens,
        tokens,
        tokens,
        tokens,
        fc.boolean(),
        fc.constantFrom(HAIKU, TIERED, {
          ...HAIKU,
          tiers: [{ ...HAIKU, inputTokensAbove: 900_000, output: 1 }, ...TIERED.tiers],
        }),
        (input, cacheRead, cacheWrite, output, hour, price) => {
          const bounds = { inputTokens: input + cacheRead + cacheWrite, maxTokens: output, hourCache: hour };
          const cacheWriteHour = hour ? cacheWrite : 0;
          const cost = costOf(price, { input, output, cacheRead, cacheWrite, cacheWriteHour });
          expect(worstCase(price, bounds)).toBeGreaterThanOrEqual(cost);
        },
      ),
    );
  });

  it('leaves room for an answer that just fits', () => {
    const bounds = { inputTokens: 1000, maxTokens: 64_000, hourCache: false };
    expect(worstInput(HAIKU, bounds)).toBe(1250);
    expect(affordableTokens(HAIKU, bounds, 1250 + 500)).toBe(100);
    expect(affordableTokens(HAIKU, bounds, 1250)).toBe(0);
    expect(affordableTokens(HAIKU, bounds, 1e9)).toBe(64_000);
  });
});

it('a turn asks for an answer that costs at most a quarter of what is left, but never for a useless one', () => {
  expect(answerCeiling(HAIKU, 1_000_000)).toBe(50_000);
  expect(answerCeiling(HAIKU, 1)).toBe(4096);
  expect(answerCeiling({ ...HAIKU, output: 0 }, 1)).toBe(Number.MAX_SAFE_INTEGER);
});

describe('an answer that broke off', () => {
  it('counts by its bytes or by its time, whichever is more, up to what was asked for', () => {
    expect(brokenOffTokens({ bytes: 400, milliseconds: 10, maxTokens: 1000 })).toBe(100);
    expect(brokenOffTokens({ bytes: 400, milliseconds: 2000, maxTokens: 1000 })).toBe(400);
    expect(brokenOffTokens({ bytes: 40_000, milliseconds: 60_000, maxTokens: 1000 })).toBe(1000);
    expect(brokenOffTokens({ bytes: 0, milliseconds: -5, maxTokens: 1000 })).toBe(0);
  });
});

it('the dearest price has the highest of each rate', () => {
  const models = [HAIKU, { input: 5, output: 25, cacheRead: 0.05, cacheWrite: 6.25 }].map((cost, index) => ({
    id: String(index),
    contextWindow: 1,
    cost,
  }));
  expect(dearestPrice(models)).toEqual({ input: 5, output: 25, cacheRead: 0.1, cacheWrite: 6.25 });
});
