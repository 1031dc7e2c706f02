/** One worker thread with the calls that it has under way. */
import { Worker } from 'node:worker_threads';
import { closeGate, newGate } from './loading.ts';
import type { Posted, Reply, Task, TaskResult } from './tasks.ts';

export type Failure = { ok: false; code: 'deadline' | 'too_complex' | 'unreadable'; reason: string };
export type Called = { ok: true; answer: TaskResult } | Failure;

export interface MailThread {
  /** How many calls are under way; null when it takes no more: it was ended, or died of what it was given. */
  calls(): number | null;
  /** How long it has had no call, in ms. */
  idleMs(): number;
  /** Runs a task; its time begins when the thread has loaded what it needs first. Never rejects. */
  run(task: Task, deadlineMs: number): Promise<Called>;
  /** Ends the thread, once it loads no module; calls that are under way end as `deadline`. */
  end(): Promise<void>;
}

/** Loading takes a tenth of this on a slow machine. */
const LOADED_MS = 10_000;

/** Starts a thread with so much heap (MiB); `onExit` is told when nothing is left of it. */
export function startThread(memoryMb: number, onExit: () => void): MailThread {
  const gate = newGate();
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    workerData: gate,
    resourceLimits: { maxOldGenerationSizeMb: memoryMb, maxYoungGenerationSizeMb: 64 },
  });
  const open = new Map<number, { begin(): void; end(outcome: Called): void }>();
  const exited = Promise.withResolvers<void>();
  let last = 0;
  let gone = false;
  let idleSince = performance.now();

  worker.on('message', (reply: Reply) => {
    const call = open.get(reply.id);
    if ('begun' in reply) call?.begin();
    else call?.end('answer' in reply ? { ok: true, answer: reply.answer } : unreadable(reply.reason));
  });
  worker.on('messageerror', (error) => {
    leave(unreadable(error.message));
    void end();
  });
  worker.on('error', (error) => leave(failureOf(error)));
  worker.on('exit', () => {
    leave(unreadable('The thread that read this message ended.'));
    exited.resolve();
    onExit();
  });
  worker.unref();

  function leave(failure: Failure): void {
    gone = true;
    for (const call of open.values()) call.end(failure);
  }

  async function end(): Promise<void> {
    leave(failed('deadline', 'The thread was ended for another message that took too long.'));
    worker.ref();
    await Promise.race([closeGate(gate, LOADED_MS), exited.promise]);
    await worker.terminate();
  }

  async function run(task: Task, deadlineMs: number): Promise<Called> {
    last += 1;
    const id = last;
    const call = Promise.withResolvers<Called>();
    let timer: NodeJS.Timeout | undefined;
    const begin = () => {
      timer = setTimeout(() => {
        const reason = `Reading or writing this message took longer than ${deadlineMs} ms.`;
        call.resolve(failed('deadline', reason));
        void end();
      }, deadlineMs);
    };
    open.set(id, { begin, end: call.resolve });
    worker.ref();
    try {
      worker.postMessage({ id, task } satisfies Posted, 'raw' in task ? [task.raw.buffer] : []);
      return await call.promise;
    } catch (error) {
      return failureOf(error);
    } finally {
      clearTimeout(timer);
      open.delete(id);
      idleSince = performance.now();
      if (open.size === 0) worker.unref();
    }
  }

  return {
    calls: () => (gone ? null : open.size),
    idleMs: () => (open.size === 0 ? performance.now() - idleSince : 0),
    run,
    end,
  };
}

function failureOf(error: unknown): Failure {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return failed('too_complex', 'The message needs more memory than a message may have.');
  }
  return unreadable(error instanceof Error ? error.message : String(error));
}

function unreadable(reason: string): Failure {
  return failed('unreadable', reason);
}

function failed(code: Failure['code'], reason: string): Failure {
  return { ok: false, code, reason };
}
