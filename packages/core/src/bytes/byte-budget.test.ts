import { describe, expect, it } from 'vitest';
import { byteBudget } from './byte-budget.ts';

const share = (party: string, most: number) => ({ party, most });

describe('a byte budget', () => {
  it('holds no more than its total, whoever asks', () => {
    const budget = byteBudget(100);
    const one = budget.open(share('a', 80));
    const other = budget.open(share('b', 80));
    expect([one.take(80), other.take(21), other.take(20), other.take(1)]).toEqual([true, false, true, false]);
    expect(budget.reserved()).toBe(100);
    one.release();
    expect([budget.reserved(), other.take(60)]).toEqual([20, true]);
  });

  it('leaves room for others where one party asks again and again', () => {
    const budget = byteBudget(100);
    const greedy = Array.from({ length: 10 }, () => budget.open(share('a', 60)).take(20));
    expect(greedy.filter(Boolean)).toHaveLength(3);
    expect(budget.open(share('b', 60)).take(40)).toBe(true);
  });

  it('counts one request for all its parties, also for one that is known only later', () => {
    const budget = byteBudget(100);
    const first = budget.open(share('client', 90));
    first.take(30);
    expect(first.join(share('owner', 40))).toBe(true);
    const second = budget.open(share('other client', 90));
    second.take(20);
    expect(second.join(share('owner', 40))).toBe(false);
    first.release();
    expect(second.join(share('owner', 40))).toBe(true);
    expect([second.take(21), second.take(20)]).toEqual([false, true]);
  });

  it('gives back all of it, once', () => {
    const budget = byteBudget(100);
    const reservation = budget.open(share('a', 100));
    reservation.take(100);
    reservation.release();
    reservation.release();
    expect([budget.reserved(), reservation.take(1), reservation.join(share('b', 1))]).toEqual([
      0,
      false,
      false,
    ]);
    expect(budget.open(share('a', 100)).take(100)).toBe(true);
  });

  it('gives back a part of it, which others can take', () => {
    const budget = byteBudget(100);
    const [one, other] = [budget.open(share('a', 60)), budget.open(share('a', 60))];
    one.take(60);
    one.shrink(70);
    expect([budget.reserved(), other.take(1)]).toEqual([60, false]);
    one.shrink(10);
    expect([budget.reserved(), other.take(50), other.take(1)]).toEqual([10, true, false]);
    expect(one.take(0)).toBe(true);
    one.give(4);
    expect([budget.reserved(), other.take(4)]).toEqual([56, true]);
    one.give(100);
    expect(budget.reserved()).toBe(54);
  });
});
