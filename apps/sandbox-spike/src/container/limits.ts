import { COPY_BOUNDS } from '@tinyfat/storage/copy';
import type { ContainerLimits } from './container-runner.ts';

/** Of step-mom: with both copies, each to its last second, it is over within the 15 minutes of a queue consumer. */
export const LONGEST_TURN_MS = 720_000;

/** A Worker asks storage for six objects at a time: a folder of many more files could not be copied within a minute. */
const ENTRIES = 5_000;

export const TURN_LIMITS: ContainerLimits = {
  deadlineMs: LONGEST_TURN_MS,
  outputBytes: 1 << 20,
  copy: { ...COPY_BOUNDS, entries: ENTRIES, withinMs: 60_000 },
  cancelledMs: 15_000,
  lookEveryMs: 2_000,
};
