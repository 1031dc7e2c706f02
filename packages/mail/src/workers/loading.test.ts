import { describe, expect, it } from 'vitest';
import { closeGate, loading, newGate, started } from './loading.ts';

/** Whether the gate is closed by now; closing takes no time but that of the loads. */
function watchClosing(gate: Int32Array<SharedArrayBuffer>) {
  const state = { closed: false };
  const closing = closeGate(gate, 10_000).then(() => {
    state.closed = true;
  });
  return { state, closing };
}

const turn = () => new Promise<void>((go) => setImmediate(go));

describe('the gate of a thread', () => {
  it('closes when the thread has started, not before', async () => {
    const gate = newGate();
    const { state, closing } = watchClosing(gate);
    await turn();
    expect(state.closed).toBe(false);
    started(gate);
    await closing;
  });

  it('closes when the last of several loads is over', async () => {
    const gate = newGate();
    started(gate);
    const [first, second] = [Promise.withResolvers<string>(), Promise.withResolvers<string>()];
    const loads = [loading(() => first.promise), loading(() => second.promise)];
    const { state, closing } = watchClosing(gate);
    first.resolve('first');
    await loads[0];
    await turn();
    expect(state.closed).toBe(false);
    second.reject(new Error('no such file'));
    await expect(loads[1]).rejects.toThrow('no such file');
    await closing;
  });

  it('can be closed twice', async () => {
    const gate = newGate();
    started(gate);
    await closeGate(gate, 10_000);
    await closeGate(gate, 10_000);
  });

  it('is not waited for longer than a load can take', async () => {
    const gate = newGate();
    started(gate);
    const stuck = Promise.withResolvers<void>();
    const load = loading(() => stuck.promise);
    await closeGate(gate, 50);
    stuck.resolve();
    await load;
  });
});
