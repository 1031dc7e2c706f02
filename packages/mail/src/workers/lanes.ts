/**
 * Two ways to run tasks in threads. Alone: a task has its thread to itself, and its deadline ends the thread.
 * Together: many tasks share a thread, for work that mostly waits; a deadline there ends all threads of the lane,
 * so whoever uses it must be ready to run a task once more, alone.
 */
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import type { Task, TaskResult } from './tasks.ts';
import { type Turnstile, turnstile } from './turnstile.ts';

export interface LaneOptions {
  /** Threads at most. They start when they are needed and end when idle. */
  threads: number;
  /** Threads that stay. */
  kept: number;
  /** JavaScript heap of one thread, MiB. */
  memoryMb: number;
}

export type Failure = { ok: false; code: 'deadline' | 'too_complex' | 'unreadable'; reason: string };
export type Called = { ok: true; answer: TaskResult } | Failure;

export interface Lane {
  /**
   * Runs a task when there is a place; only then is it made, so that waiting mails are not held twice in memory. The
   * time before does not count against the deadline. Never rejects.
   */
  call(deadlineMs: number, makeTask: () => Task): Promise<Called>;
  close(): Promise<void>;
}

/** One task a thread. */
export function laneAlone(options: LaneOptions): Lane {
  const pool = startPool(options, 1);
  return lane(
    turnstile(options.threads),
    () => pool.destroy(),
    (deadlineMs, task) => {
      const controller = new AbortController();
      const timer = setTimeout(() => controller.abort(), deadlineMs);
      const running = pool.run(task, { signal: controller.signal, transferList: transferred(task) });
      return running
        .then(answered, (error: unknown) => (controller.signal.aborted ? late(deadlineMs) : failed(error)))
        .finally(() => clearTimeout(timer));
    },
  );
}

/** `callsPerThread` tasks a thread. */
export function laneTogether(options: LaneOptions, callsPerThread: number): Lane {
  let pool = startPool(options, callsPerThread);
  const enter = turnstile(options.threads * callsPerThread);
  return lane(
    enter,
    () => pool.destroy(),
    async (deadlineMs, task) => {
      const used = pool;
      const ended = Promise.withResolvers<Called>();
      const timer = setTimeout(() => {
        ended.resolve(late(deadlineMs));
        if (used !== pool) return;
        pool = startPool(options, callsPerThread);
        void used.destroy();
      }, deadlineMs);
      const running = used.run(task, { transferList: transferred(task) }).then(answered, failed);
      return await Promise.race([running, ended.promise]).finally(() => clearTimeout(timer));
    },
  );
}

function lane(
  enter: Turnstile,
  destroy: () => Promise<void>,
  run: (deadlineMs: number, task: Task) => Promise<Called>,
): Lane {
  const open = new Set<Promise<Called>>();
  let closed = false;
  return {
    call(deadlineMs, makeTask) {
      if (closed) return Promise.resolve(failure('deadline', 'The mail workers are closed.'));
      const running = enter(() => run(deadlineMs, makeTask()));
      open.add(running);
      return running.finally(() => open.delete(running));
    },
    async close() {
      closed = true;
      await Promise.allSettled(open);
      await destroy();
    },
  };
}

function startPool(options: LaneOptions, callsPerThread: number): Piscina<Task, TaskResult> {
  const pool = new Piscina<Task, TaskResult>({
    filename: fileURLToPath(new URL('./worker.ts', import.meta.url)),
    minThreads: options.kept,
    maxThreads: options.threads,
    concurrentTasksPerWorker: callsPerThread,
    // Else a thread that waits for its next call would stop those that it has.
    atomics: callsPerThread > 1 ? 'disabled' : 'sync',
    idleTimeout: 30_000,
    recordTiming: false,
    resourceLimits: { maxOldGenerationSizeMb: options.memoryMb, maxYoungGenerationSizeMb: 64 },
  });
  // A thread that ends between two calls is replaced by the next one; there is nobody to tell.
  pool.on('error', () => undefined);
  return pool;
}

function transferred(task: Task): ArrayBuffer[] {
  return 'raw' in task ? [task.raw.buffer] : [];
}

function answered(answer: TaskResult): Called {
  return { ok: true, answer };
}

function late(deadlineMs: number): Failure {
  return failure('deadline', `Reading or writing this message took longer than ${deadlineMs} ms.`);
}

function failed(error: unknown): Failure {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return failure('too_complex', 'The message needs more memory than a message may have.');
  }
  return failure('unreadable', error instanceof Error ? error.message : String(error));
}

function failure(code: Failure['code'], reason: string): Failure {
  return { ok: false, code, reason };
}
