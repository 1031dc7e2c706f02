import { describe, expect, it } from 'vitest';
import { rateGate } from './token-bucket.ts';

/** A gate on a clock that only sleeping moves. */
function gateOnClock(maxWaitMs = 5000) {
  let now = 1_000_000;
  const slept: number[] = [];
  const gate = rateGate({
    clock: () => now,
    sleep: async (ms) => {
      slept.push(ms);
      now += ms;
    },
    maxWaitMs,
  });
  return { gate, slept, pass: (ms: number) => (now += ms) };
}
const limits = (remaining: number, more: Record<string, string> = {}) => ({
  'ratelimit-limit': '2',
  'ratelimit-remaining': String(remaining),
  'ratelimit-reset': '1',
  ...more,
});

describe('the rate gate', () => {
  it('is open until an answer tells of a limit', async () => {
    const { gate, slept } = gateOnClock();
    for (let number = 0; number < 50; number++) expect(await gate.enter()).toBe(0);
    expect(slept).toEqual([]);
  });

  it('waits for the next window once nothing remains, and lets a whole window through then', async () => {
    const { gate, slept } = gateOnClock();
    await gate.enter();
    gate.leave(limits(0));
    await gate.enter();
    await gate.enter();
    expect(slept).toEqual([1000]);
    await gate.enter();
    expect(slept).toEqual([1000, 1000]);
  });

  it('counts those that are under way against what remains', async () => {
    const { gate, slept } = gateOnClock();
    await gate.enter();
    await gate.enter();
    gate.leave(limits(1));
    await gate.enter();
    expect(slept).toEqual([1000]);
  });

  it('waits as long as it is told to', async () => {
    const { gate, slept } = gateOnClock();
    await gate.enter();
    gate.leave({ 'retry-after': '3' });
    await gate.enter();
    expect(slept).toEqual([3000]);
  });

  it('says how long it would take instead of waiting for too long', async () => {
    const { gate, slept, pass } = gateOnClock(5000);
    await gate.enter();
    gate.leave(limits(0, { 'retry-after': '60' }));
    pass(10_000);
    expect(await gate.enter()).toBe(50_000);
    expect(slept).toEqual([]);
    pass(50_000);
    expect(await gate.enter()).toBe(0);
  });

  it('stays open when an answer never came, or has headers that mean nothing', async () => {
    const { gate, slept } = gateOnClock();
    const answers: (Record<string, string> | null)[] = [
      null,
      {},
      { 'ratelimit-remaining': 'none', 'retry-after': '-5' },
    ];
    for (const headers of answers) {
      await gate.enter();
      gate.leave(headers);
    }
    await gate.enter();
    expect(slept).toEqual([]);
  });
});
