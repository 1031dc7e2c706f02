import { COPY_BOUNDS } from '@tinyfat/storage/copy';
import type { ContainerLimits } from './container-runner.ts';

/** Of step-mom: with both copies, each to its last second, a turn ends within the 15 minutes of a queue consumer. */
export const LONGEST_TURN_MS = 600_000;

/** Six objects of R2 are asked for at a time, so a folder of more files could not be copied in time. */
const ENTRIES = 10_000;

export const TURN_LIMITS: ContainerLimits = {
  deadlineMs: LONGEST_TURN_MS,
  outputBytes: 1 << 20,
  copy: { ...COPY_BOUNDS, entries: ENTRIES, withinMs: 120_000 },
  cancelledMs: 15_000,
  lookEveryMs: 2_000,
};
