import { describe, expect, it } from 'vitest';
import { tokenBucket } from './token-bucket.ts';

/** A bucket on a clock that only sleeping moves. */
function bucketOnClock(maxWaitMs = 5000) {
  let now = 1_000_000;
  const slept: number[] = [];
  const bucket = tokenBucket({
    clock: () => now,
    sleep: async (ms) => {
      slept.push(ms);
      now += ms;
    },
    maxWaitMs,
  });
  return { bucket, slept, pass: (ms: number) => (now += ms) };
}
const limits = (remaining: number, more: Record<string, string> = {}) => ({
  'ratelimit-limit': '2',
  'ratelimit-remaining': String(remaining),
  'ratelimit-reset': '1',
  ...more,
});

describe('the token bucket', () => {
  it('is full until an answer tells of a limit', async () => {
    const { bucket, slept } = bucketOnClock();
    for (let number = 0; number < 50; number++) expect(await bucket.take()).toBe(0);
    expect(slept).toEqual([]);
  });

  it('waits for the next window once nothing remains, and lets a whole window through then', async () => {
    const { bucket, slept } = bucketOnClock();
    await bucket.take();
    bucket.settle(limits(0));
    await bucket.take();
    await bucket.take();
    expect(slept).toEqual([1000]);
    await bucket.take();
    expect(slept).toEqual([1000, 1000]);
  });

  it('counts those that are under way against what remains', async () => {
    const { bucket, slept } = bucketOnClock();
    await bucket.take();
    await bucket.take();
    bucket.settle(limits(1));
    await bucket.take();
    expect(slept).toEqual([1000]);
  });

  it('waits as long as it is told to', async () => {
    const { bucket, slept } = bucketOnClock();
    await bucket.take();
    bucket.settle({ 'retry-after': '3' });
    await bucket.take();
    expect(slept).toEqual([3000]);
  });

  it('says how long it would take instead of waiting for too long', async () => {
    const { bucket, slept, pass } = bucketOnClock(5000);
    await bucket.take();
    bucket.settle(limits(0, { 'retry-after': '60' }));
    pass(10_000);
    expect(await bucket.take()).toBe(50_000);
    expect(slept).toEqual([]);
    pass(50_000);
    expect(await bucket.take()).toBe(0);
  });

  it('stays open when an answer never came, or has headers that mean nothing', async () => {
    const { bucket, slept } = bucketOnClock();
    const answers: (Record<string, string> | null)[] = [
      null,
      {},
      { 'ratelimit-remaining': 'none', 'retry-after': '-5' },
    ];
    for (const headers of answers) {
      await bucket.take();
      bucket.settle(headers);
    }
    await bucket.take();
    expect(slept).toEqual([]);
  });
});
