/** Looks through the stored messages at the start and once a day, for what a crash left behind. */
import { type RawMailSweepDeps, sweepRawMail } from '@tinyfat/retention';
import type { Part } from './part.ts';
import { type Recurring, startRecurring } from './recurring.ts';

const DAY_MS = 24 * 3_600_000;

/** Starts the first walk. The next one comes a day later, also after one that failed. */
export function startRawMailSweeper(deps: RawMailSweepDeps): Recurring {
  return startRecurring(DAY_MS, (signal) => sweepRawMail(deps, signal));
}

/** The sweeper as a part of the server. */
export function rawMailSweeper(deps: RawMailSweepDeps): Part<Recurring> {
  return {
    name: 'raw mail sweeper',
    start: async () => startRawMailSweeper(deps),
    stop: (sweeper) => sweeper.stop(),
  };
}
