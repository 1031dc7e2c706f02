/**
 * A thread must not be ended while it loads a module: Node then asks V8 for values that a thread being ended no longer
 * gives, and takes the whole process down (seen with Node 24, in its parser of CommonJS exports and in `require` of an
 * ES module). So both sides share one number, the gate: how many loads are under way, or that none may begin any more.
 */

const ENDING = -1;

let ownGate: Int32Array<SharedArrayBuffer> | undefined;

/** Main thread: the gate of a thread that is about to start, which is its first load. */
export function newGate(): Int32Array<SharedArrayBuffer> {
  return new Int32Array(new SharedArrayBuffer(4)).fill(1);
}

/**
 * Main thread: waits until no load is under way, and lets none begin; but no longer than `patienceMs`. A load that has
 * not ended by then waits behind a message that keeps its thread busy, and that is where the thread can be ended.
 */
export async function closeGate(gate: Int32Array<SharedArrayBuffer>, patienceMs: number): Promise<void> {
  const until = performance.now() + patienceMs;
  for (let left = patienceMs; left > 0; left = until - performance.now()) {
    const loads = Atomics.compareExchange(gate, 0, 0, ENDING);
    if (loads === 0 || loads === ENDING) return;
    await Atomics.waitAsync(gate, 0, loads, left).value;
  }
}

/** Worker thread: it has started; its loads pass this gate from now on. */
export function started(gate: Int32Array<SharedArrayBuffer>): void {
  ownGate = gate;
  leave(gate);
}

/** Runs `load`, an `import()`, where the thread can't be ended. In the main thread there is no gate to pass. */
export async function loading<T>(load: () => Promise<T>): Promise<T> {
  const gate = ownGate;
  if (gate === undefined) return await load();
  enter(gate);
  try {
    return await load();
  } finally {
    leave(gate);
  }
}

function enter(gate: Int32Array<SharedArrayBuffer>): void {
  for (let loads = Atomics.load(gate, 0); ; ) {
    // Nothing opens the gate again: the thread waits here for its end.
    if (loads === ENDING) Atomics.wait(gate, 0, ENDING);
    const found = Atomics.compareExchange(gate, 0, loads, loads + 1);
    if (found === loads) return;
    loads = found;
  }
}

function leave(gate: Int32Array<SharedArrayBuffer>): void {
  Atomics.sub(gate, 0, 1);
  Atomics.notify(gate, 0);
}
