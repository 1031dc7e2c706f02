import { describe, expect, it } from 'vitest';
import type { Failure } from '../../isolation/outcome.ts';
import type { Task } from './operations.ts';
import type { MailThread } from './thread.ts';
import { threadPool } from './thread-pool.ts';

/** Threads whose calls end when they are told to; `running` has the calls of each thread, in order of their start. */
function manualThreads() {
  const running: PromiseWithResolvers<Failure>[][] = [];
  const start = (): MailThread => {
    const calls: PromiseWithResolvers<Failure>[] = [];
    running.push(calls);
    let open = 0;
    return {
      calls: () => open,
      idleMs: () => 0,
      load: async () => undefined,
      async run() {
        open += 1;
        const call = Promise.withResolvers<Failure>();
        calls.push(call);
        return await call.promise.finally(() => {
          open -= 1;
        });
      },
      end: async () => undefined,
    };
  };
  return { running, start };
}

const turn = () => new Promise<void>((go) => setImmediate(go));
const outcome: Failure = { ok: false, code: 'threw', reason: 'It threw.', alone: true };
const task = (): Task<'report'> => ({ operation: 'report', args: [new Uint8Array()], modules: ['report'] });

describe('a pool', () => {
  it('gives a call to a thread that is free, not to one that is held up', async () => {
    const { running, start } = manualThreads();
    const pool = threadPool({ threads: 2, idleThreads: 1, callsPerThread: 64, memoryMb: 64 }, start);
    void pool.call(1000, task);
    await turn();
    const good = pool.call(1000, task);
    await turn();
    expect(running.map((calls) => calls.length)).toEqual([1, 1]);
    running[1]?.[0]?.resolve(outcome);
    expect(await good).toBe(outcome);
  });

  it('starts no more threads than it may, and spreads calls evenly', async () => {
    const { running, start } = manualThreads();
    const pool = threadPool({ threads: 2, idleThreads: 1, callsPerThread: 64, memoryMb: 64 }, start);
    for (let n = 0; n < 6; n += 1) void pool.call(1000, task);
    await turn();
    expect(running.map((calls) => calls.length)).toEqual([3, 3]);
  });
});
