/** Works the job queue: each job under a heartbeat, which aborts the work's signal once its lease is lost. */
import { type Clock, faultBarrier, type Logger } from '@tinyfat/core';
import type { JobQueue, Lease } from './job-queue.ts';
import { startWorkLoop, type WorkLoop } from './work-loop.ts';

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
   * is lost or the worker must stop now. An exception puts the job back for another attempt.
   */
  handle(lease: Lease, signal: AbortSignal): Promise<void>;
  /** When a job that threw is tried again, epoch ms. */
  retryAt(lease: Lease): number;
}

/** Starts working at once. */
export function startWorker(options: WorkerOptions): WorkLoop {
  const { queue, clock, logger, leaseMs } = options;

  const own = new Set<string>();

  const work = async (lease: Lease, stopping: AbortSignal) => {
    own.add(lease.jobId);
    const lost = new AbortController();
    const guard = faultBarrier((error) =>
      logger.warn('heartbeat_failed', { job: lease.jobId, error: String(error) }),
    );
    const beat = setInterval(
      guard(async () => {
        if (!(await queue.heartbeat(lease))) lost.abort(new Error('the lease was lost'));
      }),
      leaseMs / 3,
    );
    try {
      await options.handle(lease, AbortSignal.any([stopping, lost.signal]));
    } catch (error) {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      logger.error('job_crashed', { job: lease.jobId, attempt: lease.attempt, error: text });
      await queue
        .retry(lease, options.retryAt(lease), String(error))
        .catch((problem) => logger.error('job_not_settled', { job: lease.jobId, error: String(problem) }));
    } finally {
      clearInterval(beat);
      own.delete(lease.jobId);
    }
  };

  return startWorkLoop({
    clock,
    atOnce: options.concurrency,
    pollMs: options.pollMs,
    claim: async () => {
      await queue.reclaim(false, [...own]);
      return await queue.claim();
    },
    nextDue: () => queue.nextDue(),
    work,
    onUnreachable: (error) => logger.error('queue_unreachable', { error: String(error) }),
  });
}
