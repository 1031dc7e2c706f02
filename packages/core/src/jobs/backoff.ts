/** When a failed attempt is made again: exponential, with jitter so that many failures don't come back at once. */

/** How attempts are spaced. Times in ms. */
export interface BackoffPolicy {
  /** Wait after the first attempt; doubles with each further one. */
  baseMs: number;
  /** No wait is longer, but for one that a provider asked for. */
  capMs: number;
  /** Attempts in all, the first one included. */
  maxAttempts: number;
}

/** What comes after a failed attempt. */
type NextStep = { step: 'retry'; delayMs: number } | { step: 'give_up' };

/** No provider's wish is followed further than a day. */
const MAX_REQUESTED_MS = 86_400_000;

/**
 * The wait after the given attempt (1 for the first), in whole ms: half of it fixed, half random.
 * `random` gives numbers in [0, 1).
 */
export function backoffMs(attempt: number, policy: BackoffPolicy, random: () => number): number {
  const doublings = Math.max(0, Math.floor(attempt) - 1);
  const full = Math.min(policy.capMs, policy.baseMs * 2 ** Math.min(doublings, 52));
  return Math.round(full / 2 + (full / 2) * random());
}

/**
 * Decides after a failed attempt: `retryable` is whether another one can help, `retryAfterMs` the shortest
 * wait that the other side asked for.
 */
export function afterFailure(
  failure: { attempt: number; retryable: boolean; retryAfterMs?: number },
  policy: BackoffPolicy,
  random: () => number,
): NextStep {
  if (!failure.retryable || failure.attempt >= policy.maxAttempts) return { step: 'give_up' };
  const asked = failure.retryAfterMs ?? 0;
  const least = Number.isFinite(asked) ? Math.min(Math.max(0, Math.ceil(asked)), MAX_REQUESTED_MS) : 0;
  return { step: 'retry', delayMs: Math.max(least, backoffMs(failure.attempt, policy, random)) };
}
