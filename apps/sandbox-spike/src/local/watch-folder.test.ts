import { faultBarrier } from '@tinyfat/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { watchFolder } from './watch-folder.ts';

const GB = 1_000_000_000;
const LOOK_MS = 250;

describe('a watch over a folder', () => {
  let holds: number;
  let free: number;
  let uncountable: boolean;
  let walks: number;
  let stopped: string[];
  let faults: string[];
  beforeEach(() => {
    vi.useFakeTimers();
    [holds, free, uncountable, walks, stopped, faults] = [GB, 100 * GB, false, 0, [], []];
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  function watch(mostBytes = 2 * GB) {
    const measure = async () => {
      walks += 1;
      return { bytes: holds, whole: !uncountable && holds <= mostBytes, uncountable };
    };
    return watchFolder(
      { thread: { measure }, freeBytes: async () => free, lookEveryMs: LOOK_MS },
      { path: '/data', mostBytes },
      (reason) => stopped.push(reason),
      faultBarrier((fault) => faults.push(String(fault))),
    );
  }

  it('walks now and then, and stops nothing while there is room', async () => {
    const watching = watch();
    await vi.advanceTimersByTimeAsync(10_000);
    watching.end();
    expect(walks).toBeGreaterThanOrEqual(7);
    expect(walks).toBeLessThanOrEqual(11);
    await vi.advanceTimersByTimeAsync(10_000);
    expect([stopped, vi.getTimerCount()]).toEqual([[], 0]);
  });

  it('stops once, with how much it may hold, when there is more', async () => {
    watch();
    await vi.advanceTimersByTimeAsync(1_000);
    holds = 3 * GB;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(stopped).toEqual(['It holds more than 2.0 GB.']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('walks at once when the free space falls by half of what is left to the folder', async () => {
    watch();
    await vi.advanceTimersByTimeAsync(0);
    expect(walks).toBe(1);
    await vi.advanceTimersByTimeAsync(LOOK_MS);
    expect(walks).toBe(1);
    [free, holds] = [99 * GB, 2 * GB + 1];
    await vi.advanceTimersByTimeAsync(LOOK_MS);
    expect(stopped).toEqual(['It holds more than 2.0 GB.']);
  });

  it('stops what can not be counted', async () => {
    uncountable = true;
    watch();
    await vi.advanceTimersByTimeAsync(0);
    expect(stopped).toEqual(['It holds folders that are nested too deep, or can not be read.']);
  });

  it('lets a folder hardly grow while the disk of the server is nearly full', async () => {
    free = 100_000_000;
    watch();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(stopped).toEqual([]);
    holds += 20_000_000;
    await vi.advanceTimersByTimeAsync(2_000);
    expect(stopped).toEqual(['The disk of the server has only 100.0 MB left.']);
  });

  it('gives a fault of a look to the barrier', async () => {
    const watching = watchFolder(
      {
        thread: { measure: () => Promise.reject(new Error('gone')) },
        freeBytes: async () => free,
        lookEveryMs: LOOK_MS,
      },
      { path: '/data', mostBytes: 1 },
      (reason) => stopped.push(reason),
      faultBarrier((fault) => faults.push(String(fault))),
    );
    await vi.advanceTimersByTimeAsync(0);
    watching.end();
    expect([faults, stopped]).toEqual([['Error: gone'], []]);
  });
});
