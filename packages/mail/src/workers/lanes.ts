/**
 * A lane runs tasks in threads. With one call a thread, a task has its thread to itself, and its deadline ends the
 * thread. With many calls a thread, for work that mostly waits, a deadline ends the thread under its neighbours,
 * so such a task is to be run once more, alone.
 */
import type { Task } from './tasks.ts';
import { type Called, type MailThread, startThread } from './thread.ts';
import { turnstile } from './turnstile.ts';

export interface LaneOptions {
  /** Threads at most. They start when they are needed and end when idle. */
  threads: number;
  /** Threads that stay. */
  kept: number;
  /** Calls at once in one thread. */
  callsPerThread: number;
  /** JavaScript heap of one thread, MiB. */
  memoryMb: number;
}

export interface Lane {
  /**
   * Runs a task when there is a place; only then is it made, so that waiting mails are not held twice in memory. The
   * time before does not count against the deadline. Never rejects.
   */
  call(deadlineMs: number, makeTask: () => Task): Promise<Called>;
  /** Takes no more calls, waits for those that it has, and ends the threads. */
  close(): Promise<void>;
}

const IDLE_MS = 30_000;

/** A lane without threads; `start` starts them with the first calls. */
export function startLane(options: LaneOptions, start: typeof startThread = startThread): Lane {
  const enter = turnstile(options.threads * options.callsPerThread);
  const threads = new Set<MailThread>();
  const open = new Set<Promise<Called>>();
  let closed = false;
  let idleTimer: NodeJS.Timeout | undefined;

  /** Those that take calls. */
  const taking = () => [...threads].filter((thread) => thread.calls() !== null);

  /** The thread with the fewest calls; a new one where all have some and there may be more. */
  function leastBusy(): MailThread {
    const found = taking();
    const [least] = found.toSorted((one, other) => (one.calls() ?? 0) - (other.calls() ?? 0));
    if (least !== undefined && (least.calls() === 0 || found.length === options.threads)) return least;
    const thread = start(options.memoryMb, () => threads.delete(thread));
    threads.add(thread);
    return thread;
  }

  async function run(deadlineMs: number, task: Task): Promise<Called> {
    const thread = leastBusy();
    try {
      return await thread.run(task, deadlineMs);
    } finally {
      watchIdle();
    }
  }

  /** One timer for all, while there are more threads than those that stay. */
  function watchIdle(): void {
    if (idleTimer !== undefined || taking().length <= options.kept) return;
    idleTimer = setTimeout(() => {
      idleTimer = undefined;
      for (const thread of taking().slice(options.kept)) if (thread.idleMs() >= IDLE_MS) void thread.end();
      watchIdle();
    }, IDLE_MS).unref();
  }

  return {
    call(deadlineMs, makeTask) {
      if (closed) {
        return Promise.resolve({
          ok: false,
          code: 'not_begun',
          reason: 'The mail workers are closed.',
          alone: true,
        });
      }
      const running = enter(() => run(deadlineMs, makeTask()));
      open.add(running);
      return running.finally(() => open.delete(running));
    },
    async close() {
      closed = true;
      await Promise.allSettled(open);
      clearTimeout(idleTimer);
      await Promise.all([...threads].map((thread) => thread.end()));
    },
  };
}
