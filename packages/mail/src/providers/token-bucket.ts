/**
 * Keeps a provider's rate limit as its answers tell it (the RateLimit header fields of the IETF's HTTPAPI drafts):
 * when a window has no request left, the next ones wait for the next window here instead of being refused there.
 */
import type { Clock } from '@tinyfat/core';
import { retryAfterMs } from './provider-answer.ts';

export interface TokenBucket {
  /** Resolves with 0 when a request may go, or else with the ms until then, where that is too long to wait for. */
  take(): Promise<number>;
  /** To be called once after each request that went, with the headers of its answer; null for none. */
  settle(headers: Readonly<Record<string, string>> | null): void;
}

/** Times in ms. */
interface TokenBucketOptions {
  clock: Clock;
  sleep(ms: number): Promise<unknown>;
  /** Longest wait in `take`. */
  maxWaitMs: number;
}

/** What a window is taken to be until an answer tells: one second. */
const WINDOW_MS = 1000;

/** A bucket that is full until an answer says otherwise. */
export function tokenBucket({ clock, sleep, maxWaitMs }: TokenBucketOptions): TokenBucket {
  /** Requests that the window still has, and those of a whole window. */
  let free = Number.POSITIVE_INFINITY;
  let limit = Number.POSITIVE_INFINITY;
  /** When the next window begins. */
  let opensAt = 0;
  let underWay = 0;

  function beginWindow(now: number): void {
    free = Math.max(1, limit - underWay);
    opensAt = now + WINDOW_MS;
  }

  return {
    async take() {
      for (;;) {
        const now = clock();
        if (free < 1 && now >= opensAt) beginWindow(now);
        if (free >= 1) {
          free -= 1;
          underWay += 1;
          return 0;
        }
        const wait = opensAt - now;
        if (wait > maxWaitMs) return wait;
        await sleep(wait);
      }
    },
    settle(headers) {
      underWay -= 1;
      if (headers === null) return;
      const now = clock();
      limit = wholeNumber(headers['ratelimit-limit']) ?? limit;
      const remaining = wholeNumber(headers['ratelimit-remaining']);
      if (remaining !== null) {
        // Those that are under way count against the window too, and their answers will say so.
        free = Math.max(0, remaining - underWay);
        opensAt = now + (retryAfterMs(headers['ratelimit-reset'], now) ?? WINDOW_MS);
      }
      const asked = retryAfterMs(headers['retry-after'], now);
      if (asked !== undefined) {
        free = 0;
        opensAt = Math.max(opensAt, now + asked);
      }
    },
  };
}

function wholeNumber(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : null;
}
