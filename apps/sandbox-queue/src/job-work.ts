/** The work on jobs of a consumer: turns and commands. */
import { backoffMs } from '@tinyfat/core';
import { jobWork, type Lease, type WorkLoopOptions } from '@tinyfat/jobs';
import type { ConsumerDeps } from './consumer.ts';
import { handleJob } from './handle-job.ts';

const POLL_MS = 1000;

/** To be run by `startWorkLoop` or `drain`, so many at once. */
export function consumerWork(deps: ConsumerDeps, concurrency: number): WorkLoopOptions<Lease> {
  const { queue, clock, logger, leaseMs, jobBackoff, random } = deps;
  return jobWork({
    queue,
    clock,
    logger,
    concurrency,
    leaseMs,
    pollMs: POLL_MS,
    handle: (lease, signal) => handleJob(deps, lease, signal),
    retryAt: ({ fence }) => clock() + backoffMs(fence, jobBackoff, random),
  });
}
