import { describe, expect, it } from 'vitest';
import { bufferBudget } from './buffer-budget.ts';

describe('bufferBudget', () => {
  it('gives no more than its limit, and again what came back', () => {
    const budget = bufferBudget(100, 100);
    const [first, second] = [budget.open('a'), budget.open('b')];
    expect([first.take(60), second.take(41), second.take(40), second.take(1)]).toEqual([
      true,
      false,
      true,
      false,
    ]);
    first.shrink(10);
    expect([second.take(50), second.take(1)]).toEqual([true, false]);
    first.shrink(0);
    first.shrink(0);
    expect([second.take(10), second.take(1)]).toEqual([true, false]);
  });

  it('gives one client no more than its part, over all its messages, but the others theirs', () => {
    const budget = bufferBudget(100, 50);
    const [first, second] = [budget.open('a'), budget.open('a')];
    expect([first.take(30), second.take(21), second.take(20)]).toEqual([true, false, true]);
    expect(budget.open('b').take(50)).toBe(true);
    first.shrink(0);
    expect(second.take(30)).toBe(true);
  });

  it('limits a client that is not counted by the whole only', () => {
    const budget = bufferBudget(100, 50);
    const share = budget.open(null);
    expect([share.take(100), share.take(1)]).toEqual([true, false]);
  });
});
