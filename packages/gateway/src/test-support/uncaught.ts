/** For tests of what must not end the process: every fault that nothing caught while a test ran. */
import { afterEach, beforeEach, expect } from 'vitest';

/** Registers the watch; a test of the calling file fails when something was thrown or rejected and not caught. */
export function failOnUncaught(): { faults: unknown[] } {
  const watch: { faults: unknown[] } = { faults: [] };
  const note = (fault: unknown): void => void watch.faults.push(fault);
  const before = new Map<'uncaughtException' | 'unhandledRejection', NodeJS.UncaughtExceptionListener[]>();
  beforeEach(() => {
    watch.faults = [];
    for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
      before.set(event, process.listeners(event as 'uncaughtException'));
      process.removeAllListeners(event);
      process.on(event, note);
    }
  });
  afterEach(async () => {
    // A rejection counts as unhandled once the turn of the event loop is over.
    await new Promise((resolve) => setImmediate(resolve));
    for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
      process.removeAllListeners(event);
      for (const listener of before.get(event) ?? []) process.on(event, listener);
    }
    expect(watch.faults).toEqual([]);
  });
  return watch;
}
