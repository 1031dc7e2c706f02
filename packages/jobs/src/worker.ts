/** The work on the job queue, to be run by `startWorkLoop` or `drain`. */
import { type Clock, faultText, type Logger } from '@tinyfat/core';
import type { JobQueue, Lease } from './job-queue.ts';
import type { WorkLoopOptions } from './rows-in-hand.ts';

interface WorkerOptions {
  queue: JobQueue;
  clock: Clock;
  logger: Logger;
  concurrency: number;
  leaseMs: number;
  /** Longest sleep between two looks at the table. */
  pollMs: number;
  /**
   * Does the job and ends it through the queue (finish, retry or release). The signal is aborted when the lease
   * is lost, when somebody asked for the end of the job (`StopAsked`), or when the worker must stop now. An exception puts the job back; it is an attempt only where one had begun.
   */
  handle(lease: Lease, signal: AbortSignal): Promise<void>;
  /** When a job that threw is tried again, epoch ms. */
  retryAt(lease: Lease): number;
}

/** Leases are handed to `handle`; one that throws is put back. */
export function jobWork(options: WorkerOptions): WorkLoopOptions<Lease> {
  const { queue, clock, logger, leaseMs, pollMs, concurrency: atOnce } = options;

  const work = async (lease: Lease, signal: AbortSignal) => {
    try {
      await options.handle(lease, signal);
    } catch (error) {
      logger.error('job_crashed', { job: lease.jobId, attempt: lease.attempt, error: faultText(error) });
      await queue
        .retry(lease, options.retryAt(lease), String(error))
        .catch((problem) => logger.error('job_not_settled', { job: lease.jobId, error: faultText(problem) }));
    }
  };

  const { stopsAsked } = queue;
  return { name: 'jobs', rows: queue, clock, logger, atOnce, leaseMs, pollMs, work, stopsAsked };
}
