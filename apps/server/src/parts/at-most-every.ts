/** A check that costs something: one answer for all who ask within a time, and for those who ask while it is made. */
import type { Clock } from '@tinyfat/core';

/** The check, made at most once in so many ms; what it throws is an answer, too. */
export function atMostEvery(
  ms: number,
  clock: Clock,
  check: () => Promise<string | null>,
): () => Promise<string | null> {
  let last: { at: number; answer: Promise<string | null> } | null = null;
  return async () => {
    const now = clock();
    // A clock that jumped back would keep an old answer for as long as it jumped.
    if (last === null || now - last.at >= ms || now < last.at) {
      last = { at: now, answer: check() };
    }
    return await last.answer;
  };
}
