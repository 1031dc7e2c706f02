/** Removes what its time is over for, once a day: what is shared by one of all processes, its own data folder by each. */
import { clearOwnFiles, type RetentionDeps, runRetention } from '@tinyfat/retention';
import type { Part } from './part.ts';
import { type Recurring, startRecurring } from './recurring.ts';

/** A process that begins to run, or wakes up, does what is due by then. */
const LOOK_EVERY_MS = 3_600_000;
const DAY_MS = 24 * 3_600_000;

/**
 * Begins the run of today where none has begun it. One that fails is logged; the next day's comes all the same. It stops
 * after the slice in hand.
 */
export function startRetention(deps: RetentionDeps): Recurring {
  let lastDay: number | null = null;
  return startRecurring(LOOK_EVERY_MS, async (signal) => {
    const today = Math.floor(deps.clock() / DAY_MS);
    if (today === lastDay) return;
    try {
      if ((await runRetention(deps, { daily: true, signal })) === null) await clearOwnFiles(deps, signal);
      lastDay = today;
    } catch (error) {
      deps.logger.warn('retention_failed', { error: String(error) });
    }
  });
}

/** Retention as a part of the server. */
export function retention(deps: RetentionDeps): Part<Recurring> {
  return {
    name: 'retention',
    start: async () => startRetention(deps),
    stop: (running) => running.stop(),
  };
}
