/**
 * Works the queue: up to `concurrency` jobs at once, each with a heartbeat. A job whose lease was lost is told so
 * through its signal. Woken by `wake()`, by a due time, and by a slow poll for what other processes changed.
 */
import type { Clock, Logger } from '@tinyfat/core';
import type { JobQueue, Lease } from './contract.ts';

export interface WorkerOptions {
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

export interface QueueWorker {
  /** Looks at the table at once. */
  wake(): void;
  /** Jobs being worked on. */
  running(): number;
  /** Takes no new job; waits for the running ones up to the time, then aborts them; resolves when all are over. */
  stop(drainMs: number): Promise<void>;
}

/** Starts working at once. */
export function startWorker(options: WorkerOptions): QueueWorker {
  const { queue, clock, logger, concurrency, leaseMs, pollMs } = options;
  const jobs = new Map<Promise<void>, AbortController>();
  let stopping = false;
  let woken = false;
  let ring = () => {};
  const wake = () => {
    woken = true;
    ring();
  };

  const work = async (lease: Lease, controller: AbortController) => {
    const beat = setInterval(() => {
      queue.heartbeat(lease).then(
        (held) => {
          if (!held) controller.abort(new Error('the lease was lost'));
        },
        (error) => logger.warn('heartbeat_failed', { job: lease.jobId, error: String(error) }),
      );
    }, leaseMs / 3);
    try {
      await options.handle(lease, controller.signal);
    } catch (error) {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      logger.error('job_crashed', { job: lease.jobId, attempt: lease.attempt, error: text });
      await queue.retry(lease, options.retryAt(lease), String(error));
    } finally {
      clearInterval(beat);
    }
  };

  const sleep = async (lookedAt: number) => {
    const due = await queue.nextDue();
    // What was due before the look waits for a running job of its agent, whose end wakes us.
    const rest = due === null || due <= lookedAt ? pollMs : Math.min(pollMs, Math.max(due - clock(), 0));
    if (woken || stopping) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, rest);
      ring = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    ring = () => {};
  };

  const loop = async () => {
    while (!stopping) {
      try {
        woken = false;
        const lookedAt = clock();
        const lease = jobs.size < concurrency ? await queue.claim() : null;
        if (lease) {
          const controller = new AbortController();
          const job: Promise<void> = work(lease, controller)
            .catch((error) => logger.error('job_not_settled', { job: lease.jobId, error: String(error) }))
            .finally(() => {
              jobs.delete(job);
              wake();
            });
          jobs.set(job, controller);
        } else {
          await queue.reclaim(false);
          if (!woken) await sleep(lookedAt);
        }
      } catch (error) {
        logger.error('queue_unreachable', { error: String(error) });
        await new Promise((resolve) => setTimeout(resolve, pollMs));
      }
    }
  };
  const ended = loop();

  return {
    wake,
    running: () => jobs.size,
    async stop(drainMs) {
      stopping = true;
      ring();
      await ended;
      const timer = setTimeout(() => {
        for (const controller of jobs.values()) controller.abort(new Error('the server is stopping'));
      }, drainMs);
      await Promise.all(jobs.keys());
      clearTimeout(timer);
    },
  };
}
