/**
 * What stands around listeners, timers and other callbacks that the event loop calls: nobody is above them to catch
 * what they throw, so a single fault in one would end the whole process.
 */

/** Gives a callback that does the same, and never throws: neither what it throws nor its rejection goes any further. */
export type FaultBarrier = <Words extends unknown[]>(
  callback: (...words: Words) => unknown,
) => (...words: Words) => void;

/**
 * Makes a barrier. `onFault` gets what was thrown, or what a promise that the callback gave was rejected with; it ends
 * and logs what the callback was part of. What `onFault` itself throws is dropped: there is nobody left to report it to.
 */
export function faultBarrier(onFault: (fault: unknown) => void): FaultBarrier {
  function report(fault: unknown): void {
    try {
      onFault(fault);
    } catch {}
  }
  return (callback) =>
    (...words) => {
      try {
        const result = callback(...words);
        if (result instanceof Promise) result.catch(report);
      } catch (fault) {
        report(fault);
      }
    };
}

/** A fault for the log: its stack where it has one, at most 4,000 characters. Never throws. */
export function faultText(fault: unknown): string {
  try {
    const text = fault instanceof Error ? (fault.stack ?? fault.message) : String(fault);
    return String(text).slice(0, 4000);
  } catch {
    return 'a fault that has no text';
  }
}

/** The code of an error of the system, of Node or of a library, such as `ENOENT`; empty where it has none. */
export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
