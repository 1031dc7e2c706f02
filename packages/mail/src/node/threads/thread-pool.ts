/**
 * A pool runs tasks in threads. With one call a thread, a task has its thread to itself, and its deadline ends the
 * thread. With many calls a thread, for work that mostly waits, a deadline ends the thread under its neighbours,
 * so such a task is to be run once more, alone.
 */
import type { Called } from '../../isolation/outcome.ts';
import type { OperationName, ResultOf, Task, ThreadModule } from './operations.ts';
import { type MailThread, startThread } from './thread.ts';

interface ThreadPoolOptions {
  /** Threads at most. They start when they are needed and end when idle. */
  threads: number;
  /** Threads that stay. */
  idleThreads: number;
  /** Calls at once in one thread. */
  callsPerThread: number;
  /** JavaScript heap of one thread, MiB. */
  memoryMb: number;
}

export interface ThreadPool {
  /** Loads a module into one thread. */
  load(module: ThreadModule): Promise<void>;
  /**
   * Runs a task when there is a place, in order of arrival; only then is it made, so that waiting mails are not held twice
   * in memory. The time before does not count against the deadline. Never rejects.
   */
  call<Name extends OperationName>(
    deadlineMs: number,
    makeTask: () => Task<Name>,
  ): Promise<Called<ResultOf<Name>>>;
  /** Takes no more calls, waits for those that it has, and ends the threads. */
  close(): Promise<void>;
}

const IDLE_MS = 30_000;

/** A pool without threads; `start` starts them with the first calls. */
export function threadPool(options: ThreadPoolOptions, start: typeof startThread = startThread): ThreadPool {
  const threads = new Set<MailThread>();
  const open = new Set<Promise<unknown>>();
  const waiting: (() => void)[] = [];
  let free = options.threads * options.callsPerThread;
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

  async function run<Name extends OperationName>(
    deadlineMs: number,
    makeTask: () => Task<Name>,
  ): Promise<Called<ResultOf<Name>>> {
    if (free > 0) free -= 1;
    else await new Promise<void>((enter) => waiting.push(enter));
    try {
      return await leastBusy().run(makeTask(), deadlineMs);
    } finally {
      watchIdle();
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  }

  /** One timer for all, while there are more threads than those that stay. */
  function watchIdle(): void {
    if (idleTimer !== undefined || taking().length <= options.idleThreads) return;
    idleTimer = setTimeout(() => {
      idleTimer = undefined;
      for (const thread of taking().slice(options.idleThreads)) {
        if (thread.idleMs() >= IDLE_MS) void thread.end();
      }
      watchIdle();
    }, IDLE_MS).unref();
  }

  return {
    load: (module) => (closed ? Promise.resolve() : leastBusy().load(module)),
    call(deadlineMs, makeTask) {
      if (closed) {
        const reason = 'The mail workers are closed.';
        return Promise.resolve({ ok: false, code: 'not_begun', reason, alone: true });
      }
      const running = run(deadlineMs, makeTask);
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
