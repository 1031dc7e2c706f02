/** One worker thread with the calls that it has under way. */
import { Worker } from 'node:worker_threads';
import { errorCode } from '@tinyfat/core';
import type { Called, FailureCode } from '../../isolation/outcome.ts';
import type { OperationName, Posted, Reply, ResultOf, Task, ThreadModule } from './operations.ts';

/** A call under way. */
interface Open {
  begin(): void;
  end(outcome: Called<unknown>): void;
  begun: boolean;
  shared: boolean;
}

export interface MailThread {
  /** How many calls are under way; null when it takes no more: it was ended, or died of what it was given. */
  calls(): number | null;
  /** How long it has had no call, in ms. */
  idleMs(): number;
  /** Resolves when the module is loaded, or cannot be, or the thread has ended. */
  load(module: ThreadModule): Promise<void>;
  /** Runs a task; its time begins when the thread has loaded what it needs. Never rejects. */
  run<Name extends OperationName>(task: Task<Name>, deadlineMs: number): Promise<Called<ResultOf<Name>>>;
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
/** A thread that does not answer within this is deep in one native call; one that waits answers at once. */
const CPU_ANSWER_MS = 1000;

/** Starts a thread with so much heap (MiB); `onExit` is called when nothing is left of it. */
export function startThread(
  memoryMb: number,
  onExit: () => void,
  program: URL = new URL('./mail-thread-entry.ts', import.meta.url),
): MailThread {
  const worker = new Worker(program, {
    resourceLimits: { maxOldGenerationSizeMb: memoryMb, maxYoungGenerationSizeMb: 64 },
  });
  const open = new Map<number, Open>();
  const exited = Promise.withResolvers<void>();
  /** What the thread loads or has loaded; the first load is its start. */
  const loads = new Map<ThreadModule | 'start', PromiseWithResolvers<void>>();
  loads.set('start', Promise.withResolvers<void>());
  let loading = 0;
  let last = 0;
  let gone = false;
  let idleSince = performance.now();

  worker.on('message', (reply: Reply) => {
    if ('loaded' in reply) {
      if (reply.loaded !== 'start') loading -= 1;
      loads.get(reply.loaded)?.resolve();
      return releaseIfIdle();
    }
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

  /** Lets the process end while the thread has nothing to do. */
  function releaseIfIdle(): void {
    if (open.size === 0 && loading === 0) worker.unref();
  }

  function load(module: ThreadModule): Promise<void> {
    if (!loads.has(module) && !gone) {
      loads.set(module, Promise.withResolvers<void>());
      loading += 1;
      worker.ref();
      worker.postMessage({ load: module } satisfies Posted);
    }
    return Promise.race([loads.get(module)?.promise, exited.promise]);
  }

  /**
   * A thread must not be ended while it loads a module: Node then asks V8 for values that a thread being ended no longer
   * gives, and takes the whole process down (seen with Node 24, in its parser of CommonJS exports and in `require` of
   * an ES module). A load that takes too long waits behind a message that keeps the thread busy, and there it can be ended.
   */
  async function end(): Promise<void> {
    leave('deadline', 'The thread was ended for another message that took too long.');
    worker.ref();
    const loaded = Promise.all(Array.from(loads.values(), ({ promise }) => promise));
    await within(LOADED_MS, Promise.race([loaded, exited.promise]));
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

  async function run<Name extends OperationName>(
    task: Task<Name>,
    deadlineMs: number,
  ): Promise<Called<ResultOf<Name>>> {
    last += 1;
    const id = last;
    const outcome = Promise.withResolvers<Called<ResultOf<Name>>>();
    let timer: NodeJS.Timeout | undefined;
    const call: Open = {
      begun: false,
      shared: open.size > 0,
      end(ended: Called<ResultOf<Name>>) {
        outcome.resolve(ended);
      },
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
      for (const module of task.modules) void load(module);
      const buffers = task.args.flatMap((arg) => (arg instanceof Uint8Array ? [arg.buffer] : []));
      worker.postMessage({ id, task } satisfies Posted, buffers);
      return await outcome.promise;
    } catch (error) {
      return { ok: false, code: 'not_begun', reason: wordsOf(error), alone: !call.shared };
    } finally {
      clearTimeout(timer);
      open.delete(id);
      idleSince = performance.now();
      releaseIfIdle();
    }
  }

  return {
    calls: () => (gone ? null : open.size),
    idleMs: () => (open.size === 0 ? performance.now() - idleSince : 0),
    load,
    run,
    end,
  };
}

/**
 * Processor time of a thread since its start, ms: NaN where it is too busy to say, 0 where it has ended. Where Node
 * can't tell (before 24.6), the time in which its event loop was not waiting, which counts what other processes took.
 */
async function computedMs(worker: Worker): Promise<number> {
  const { cpuUsage }: Partial<Pick<Worker, 'cpuUsage'>> = worker;
  if (cpuUsage === undefined) return worker.performance.eventLoopUtilization().active;
  const usage = cpuUsage.call(worker).then(
    ({ user, system }) => (user + system) / 1000,
    () => 0,
  );
  return (await within(CPU_ANSWER_MS, usage)) ?? Number.NaN;
}

/** The result, or undefined after so many ms. */
async function within<T>(ms: number, result: Promise<T>): Promise<T | undefined> {
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(late.resolve, ms, undefined);
  try {
    return await Promise.race([result, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function codeOf(error: unknown): FailureCode {
  return errorCode(error) === 'ERR_WORKER_OUT_OF_MEMORY' ? 'memory' : 'died';
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
