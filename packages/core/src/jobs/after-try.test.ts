import { describe, expect, it } from 'vitest';
import type { SendOutcome } from '../ports/mail-transport.ts';
import { afterMailTry, type MailTry } from './after-try.ts';

const POLICY = { baseMs: 1000, capMs: 60_000, maxAttempts: 3 };
const TEMPORARY: SendOutcome = { state: 'temporary', reason: '451' };
const UNKNOWN: SendOutcome = { state: 'unknown', reason: 'cut' };

function after(outcome: SendOutcome, change: Partial<MailTry> = {}, idempotent = false) {
  return afterMailTry(outcome, { idempotent }, { attempt: 1, now: 5000, ...change }, POLICY, () => 0.5);
}

describe('after a try to hand a mail over', () => {
  it('it is sent, or waits for the next try', () => {
    expect(after({ state: 'sent', providerId: null, recipientsRefused: [] })).toEqual({
      state: 'sent',
      at: 5000,
    });
    expect(after(TEMPORARY)).toEqual({ state: 'pending', at: 5750 });
    expect(after({ ...TEMPORARY, retryAfterMs: 9000 })).toEqual({ state: 'pending', at: 14_000 });
  });

  it('it is tried again where nothing says whether it was taken only if repeats are folded', () => {
    expect(after(UNKNOWN)).toEqual({ state: 'failed', at: 5000 });
    expect(after(UNKNOWN, {}, true)).toEqual({ state: 'pending', at: 5750 });
    expect(after({ state: 'permanent', reason: '550' })).toEqual({ state: 'failed', at: 5000 });
  });

  it('it ends with its attempts, and where the next try would be too late', () => {
    expect(after(TEMPORARY, { attempt: 3 }).state).toBe('failed');
    expect(after(TEMPORARY, { until: 5750 }).state).toBe('failed');
    expect(after(TEMPORARY, { until: 5751 }).state).toBe('pending');
  });
});
