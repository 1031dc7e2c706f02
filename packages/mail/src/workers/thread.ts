/** One worker thread with the calls that it has under way. */
import { Worker } from 'node:worker_threads';
import { closeGate, newGate } from './loading.ts';
import { computedMs } from './processor-time.ts';
import type { Posted, Reply, Task, TaskResult } from './tasks.ts';

/**
 * Why a thread gave no answer. `processor`: the deadline passed while the thread computed. `deadline`: it passed while
 * the thread waited, or the thread was ended for another call. `memory`: the thread went over its heap. `died`:
 * it ended by itself. `threw`: the task threw. `not_begun`: any of these before the task was looked at.
 */
export type FailureCode = 'processor' | 'deadline' | 'memory' | 'died' | 'threw' | 'not_begun';
/** `alone`: no other call was under way in the thread meanwhile, so that nothing but this one can have been the cause. */
export type Failure = { ok: false; code: FailureCode; reason: string; alone: boolean };
export type Called = { ok: true; answer: TaskResult } | Failure;

/** A call under way. */
interface Open {
  begin(): void;
  end(outcome: Called): void;
  begun: boolean;
  shared: boolean;
}

export interface MailThread {
  /** How many calls are under way; null when it takes no more: it was ended, or died of what it was given. */
  calls(): number | null;
  /** How long it has had no call, in ms. */
  idleMs(): number;
  /** Runs a task; its time begins when the thread has loaded what it needs first. Never rejects. */
  run(task: Task, deadlineMs: number): Promise<Called>;
  /** Ends the thread, once it loads no module; calls that are under way end as `deadline`, or `not_begun`. */
  end(): Promise<void>;
}

/**
 * So much of its deadline in processor time is more than any message within the limits needs: a call that used it is
 * slow by itself, on a machine that is busy five times over as well.
 */
const OWN_SHARE = 0.2;
/** Loading takes a tenth of this on a slow machine. */
const LOADED_MS = 10_000;

/** Starts a thread with so much heap (MiB); `onExit` is told when nothing is left of it. */
export function startThread(
  memoryMb: number,
  onExit: () => void,
  program: URL = new URL('./worker.ts', import.meta.url),
): MailThread {
  const gate = newGate();
  const worker = new Worker(program, {
    workerData: gate,
    resourceLimits: { maxOldGenerationSizeMb: memoryMb, maxYoungGenerationSizeMb: 64 },
  });
  const open = new Map<number, Open>();
  const exited = Promise.withResolvers<void>();
  let last = 0;
  let gone = false;
  let idleSince = performance.now();

  worker.on('message', (reply: Reply) => {
    const call = open.get(reply.id);
    if (call === undefined) return;
    if ('begun' in reply) call.begin();
    else if ('answer' in reply) call.end({ ok: true, answer: reply.answer });
    else fail(call, 'threw', reply.reason);
  });
  worker.on('messageerror', (error) => {
    leave('died', error.message);
    void end();
  });
  worker.on('error', (error) => leave(codeOf(error), wordsOf(error)));
  worker.on('exit', () => {
    leave('died', 'The thread that read this message ended.');
    exited.resolve();
    onExit();
  });
  worker.unref();

  function fail(call: Open, code: FailureCode, reason: string): void {
    call.end({ ok: false, code: call.begun ? code : 'not_begun', reason, alone: !call.shared });
  }

  function leave(code: FailureCode, reason: string): void {
    gone = true;
    for (const call of open.values()) fail(call, code, reason);
  }

  async function end(): Promise<void> {
    leave('deadline', 'The thread was ended for another message that took too long.');
    worker.ref();
    await Promise.race([closeGate(gate, LOADED_MS), exited.promise]);
    await worker.terminate();
  }

  /** Ends a call whose time is over, and the thread with it. */
  async function expire(id: number, before: Promise<number>, deadlineMs: number): Promise<void> {
    const computed = (await computedMs(worker)) - (await before);
    const call = open.get(id);
    if (call === undefined) return;
    const code = computed < deadlineMs * OWN_SHARE ? 'deadline' : 'processor';
    fail(call, code, `Reading or writing this message took longer than ${deadlineMs} ms.`);
    await end();
  }

  async function run(task: Task, deadlineMs: number): Promise<Called> {
    last += 1;
    const id = last;
    const outcome = Promise.withResolvers<Called>();
    let timer: NodeJS.Timeout | undefined;
    const call: Open = {
      begun: false,
      shared: open.size > 0,
      end: outcome.resolve,
      begin() {
        call.begun = true;
        const before = computedMs(worker);
        timer = setTimeout(() => void expire(id, before, deadlineMs), deadlineMs);
      },
    };
    for (const other of open.values()) other.shared = true;
    open.set(id, call);
    worker.ref();
    try {
      worker.postMessage({ id, task } satisfies Posted, 'raw' in task ? [task.raw.buffer] : []);
      return await outcome.promise;
    } catch (error) {
      return { ok: false, code: 'not_begun', reason: wordsOf(error), alone: !call.shared };
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

function codeOf(error: unknown): FailureCode {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'memory' : 'died';
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
