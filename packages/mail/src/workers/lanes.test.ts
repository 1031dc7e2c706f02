import { describe, expect, it } from 'vitest';
import { startLane } from './lanes.ts';
import type { Called, MailThread } from './thread.ts';

/** Threads whose calls end when they are told to; `running` has the calls of each thread, in order of their start. */
function manualThreads() {
  const running: PromiseWithResolvers<Called>[][] = [];
  const start = (): MailThread => {
    const calls: PromiseWithResolvers<Called>[] = [];
    running.push(calls);
    let open = 0;
    return {
      calls: () => open,
      idleMs: () => 0,
      async run() {
        open += 1;
        const call = Promise.withResolvers<Called>();
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
const answer: Called = { ok: true, answer: { operation: 'load' } };
const load = () => ({ operation: 'load', part: 'inspect' }) as const;

describe('a lane', () => {
  it('gives a call to a thread that is free, not to one that is held up', async () => {
    const { running, start } = manualThreads();
    const lane = startLane({ threads: 2, kept: 1, callsPerThread: 64, memoryMb: 64 }, start);
    void lane.call(1000, load);
    await turn();
    const good = lane.call(1000, load);
    await turn();
    expect(running.map((calls) => calls.length)).toEqual([1, 1]);
    running[1]?.[0]?.resolve(answer);
    expect(await good).toBe(answer);
  });

  it('starts no more threads than it may, and spreads calls evenly', async () => {
    const { running, start } = manualThreads();
    const lane = startLane({ threads: 2, kept: 1, callsPerThread: 64, memoryMb: 64 }, start);
    for (let n = 0; n < 6; n += 1) void lane.call(1000, load);
    await turn();
    expect(running.map((calls) => calls.length)).toEqual([3, 3]);
  });
});
