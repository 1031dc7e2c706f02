/** What an invocation held that ended without a word does not stay held. */
import { expect, it } from 'vitest';
import { openIsolate } from './isolate.ts';

const MEGABYTE = 1024 * 1024;

it('counts a stream and bytes of an invocation that never gave them back for a time only', () => {
  let now = 0;
  const { streams, budget } = openIsolate(() => now);
  const permits = Array.from({ length: 20 }, () => streams.acquire('ann'));
  expect(permits).not.toContain(null);
  expect(streams.acquire('ann')).toBeNull();
  expect(budget.open().take(50 * MEGABYTE)).toBe(true);
  expect(budget.open().take(50 * MEGABYTE)).toBe(false);
  now = 70_000;
  expect(streams.acquire('ann')).not.toBeNull();
  expect(budget.open().take(50 * MEGABYTE)).toBe(false);
  now = 180_000;
  expect(budget.open().take(50 * MEGABYTE)).toBe(true);
});

it('gives back at once what is released', () => {
  const { streams, budget } = openIsolate(() => 0);
  const reservation = budget.open();
  expect(reservation.take(50 * MEGABYTE)).toBe(true);
  reservation.release();
  expect(budget.reserved()).toBe(0);
  const permits = Array.from({ length: 20 }, () => streams.acquire('ann'));
  permits[0]?.();
  expect(streams.acquire('ann')).not.toBeNull();
});
