import { COPY_BOUNDS } from '@tinyfat/storage/copy';
import type { ContainerLimits } from './container-runner.ts';

/** A turn takes at most ten minutes and its copies one each, so that all of it ends within the 15 of a queue consumer. */
export const TURN_LIMITS: ContainerLimits = {
  deadlineMs: 600_000,
  outputBytes: 1 << 20,
  copy: { ...COPY_BOUNDS, withinMs: 60_000 },
  cancelledMs: 15_000,
  lookEveryMs: 2_000,
};
