/** Work that a part of the server does again and again, one run at a time. */

export interface Recurring {
  /** Resolves when the run under way, if any, has ended. */
  ended(): Promise<void>;
  /** Begins no further run; resolves when the one under way, whose signal is aborted, has ended. */
  stop(): Promise<void>;
}

/** Runs `run`, which must not reject, every so many ms: at once as well, unless `begins` is `later`. */
export function startRecurring(
  everyMs: number,
  run: (signal: AbortSignal) => Promise<void>,
  begins: 'now' | 'later' = 'now',
): Recurring {
  const stopped = new AbortController();
  const once = () => run(stopped.signal);
  let running = begins === 'now' ? once() : Promise.resolve();
  const timer = setInterval(() => {
    running = running.then(once);
  }, everyMs);
  timer.unref();
  return {
    ended: () => running,
    async stop() {
      clearInterval(timer);
      stopped.abort();
      await running;
    },
  };
}
