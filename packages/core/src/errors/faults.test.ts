import { describe, expect, it } from 'vitest';
import { faultBarrier, faultText } from './faults.ts';

describe('faultBarrier', () => {
  it('reports what a callback throws, and what its promise is rejected with', async () => {
    const faults: unknown[] = [];
    const guard = faultBarrier((fault) => faults.push(fault));
    guard((word: string) => {
      throw word;
    })('thrown');
    guard(async (word: string) => {
      throw word;
    })('rejected');
    await Promise.resolve();
    expect(faults).toEqual(['thrown', 'rejected']);
  });

  it('hands the words on, and reports nothing of what goes well', async () => {
    const heard: unknown[] = [];
    const faults: unknown[] = [];
    faultBarrier((fault) => faults.push(fault))(async (...words: unknown[]) => heard.push(words))(1, 'a');
    await Promise.resolve();
    expect([heard, faults]).toEqual([[[1, 'a']], []]);
  });

  it('throws nothing even where the report throws', async () => {
    const guard = faultBarrier(() => {
      throw new Error('the log is gone');
    });
    expect(() =>
      guard(() => {
        throw new Error('x');
      })(),
    ).not.toThrow();
    guard(() => Promise.reject(new Error('x')))();
    await Promise.resolve();
  });
});

describe('faultText', () => {
  it('gives a text for anything that can be thrown', () => {
    expect(faultText(new Error('why'))).toMatch(/^Error: why\n +at /);
    expect(faultText('text')).toBe('text');
    expect(faultText(undefined)).toBe('undefined');
    expect(faultText(Object.create(null))).toBe('a fault that has no text');
    const odd = Object.assign(new Error('x'), { stack: 7 });
    expect(faultText(odd)).toBe('7');
    expect(faultText(new Error('x'.repeat(10_000)))).toHaveLength(4000);
  });
});
