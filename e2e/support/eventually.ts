/** What another process does in its own time: asked again until it is so. */
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';

/** An expectation of what `what` gives within a minute. */
export const eventually = <T>(what: () => T) => expect.poll(what, { timeout: 60_000, interval: 100 });

/**
 * Asks until the answer is as wanted, and gives it; for as long as the test may take. Each question costs the machine some
 * work, which the one that is waited for needs as well: the longer it takes, the longer the pauses are, up to 0.2 seconds.
 */
export async function until<T>(ask: () => T | Promise<T>, wanted: (answer: T) => boolean): Promise<T> {
  for (let ms = 20; ; ms = Math.min(ms * 1.5, 200)) {
    const answer = await ask();
    if (wanted(answer)) return answer;
    await pause(ms);
  }
}
