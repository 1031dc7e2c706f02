/** Removes what its time is over for, once a day: what is shared by one of all processes, its own data folder by each. */
import { clearDataFolder, type RetentionDeps, runRetention } from '../retention/run.ts';
import type { Part } from './part.ts';

/** A process that begins to run, or wakes up, does what is due by then. */
const LOOK_EVERY_MS = 3_600_000;
const DAY_MS = 24 * 3_600_000;

interface Retention {
  /** Resolves when what is under way has ended. */
  ended(): Promise<void>;
  /** Resolves when the run under way, if any, has ended; after the slice in hand. */
  stop(): Promise<void>;
}

/** Begins the run of today where none has begun it. One that fails is logged; the next day's comes all the same. */
export function startRetention(deps: RetentionDeps): Retention {
  const stopped = new AbortController();
  let lastDay: number | null = null;

  async function run(): Promise<void> {
    const today = Math.floor(deps.clock() / DAY_MS);
    if (today === lastDay) return;
    try {
      const { signal } = stopped;
      if ((await runRetention(deps, { daily: true, signal })) === null) await clearDataFolder(deps, signal);
      lastDay = today;
    } catch (error) {
      deps.logger.warn('retention_failed', { error: String(error) });
    }
  }

  let running = run();
  const timer = setInterval(() => {
    running = running.then(run);
  }, LOOK_EVERY_MS);
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

/** Retention as a part of the server. */
export function retention(deps: RetentionDeps): Part<Retention> {
  return {
    name: 'retention',
    start: async () => startRetention(deps),
    stop: (running) => running.stop(),
  };
}
