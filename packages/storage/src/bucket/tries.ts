/** Calls of a bucket, each bounded in time, and tried again where another try can do no harm. */
import { type BackoffPolicy, backoffMs, type Clock } from '@tinyfat/core';
import { StorageError } from './errors.ts';

/** What calls of a bucket need of their runtime. */
export interface BucketRuntime {
  clock: Clock;
  /** In [0, 1), for the jitter of retries. */
  random(): number;
}

/** No try begins later than this after the first one. */
const TRIES_MS = 30_000;
const BACKOFF: BackoffPolicy = { baseMs: 100, capMs: TRIES_MS, maxAttempts: 5 };
/** Until the head of the answer is there, besides the time that the sent bytes take. */
const ANSWER_MS = 15_000;
const SLOWEST_BYTES_A_MS = 100;

/** Does `once`, and again while it rejects with a transient `StorageError`; `tries` says how often. Rejects as the last one. */
export async function withTries<Answer>(
  once: () => Promise<Answer>,
  { clock, random }: BucketRuntime,
): Promise<{ answer: Answer; tries: number }> {
  const began = clock();
  for (let tries = 1; ; tries += 1) {
    try {
      return { answer: await once(), tries };
    } catch (error) {
      const again = error instanceof StorageError && error.transient && tries < BACKOFF.maxAttempts;
      const wait = backoffMs(tries, BACKOFF, random);
      if (!again || clock() + wait - began > TRIES_MS) throw error;
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
}

/**
 * The answer of a call that sends so many bytes, within the time that it may take; then `signal` is aborted, and it
 * rejects. What the answer brings behind its head is bounded where it is read.
 */
export async function answerInTime<Answer>(
  sentBytes: number,
  call: (signal: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
  const ms = ANSWER_MS + sentBytes / SLOWEST_BYTES_A_MS;
  const late = new AbortController();
  const tooLate = new Promise<never>((_, reject) => {
    late.signal.addEventListener('abort', () => reject(late.signal.reason), { once: true });
  });
  const timer = setTimeout(() => late.abort(new Error(`no answer within ${Math.ceil(ms / 1000)} s`)), ms);
  try {
    return await Promise.race([call(late.signal), tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
