/**
 * The last resort: what becomes of a fault that no barrier caught. What the process holds may be half changed then, so
 * it takes nothing more, ends within a bounded time, and exits non-zero, for a supervisor to start it again. It is a
 * crash as any other: what was accepted is on disk, and the next start goes on with it.
 */
import { faultText, type Logger } from '@tinyfat/core';

interface LastResortOptions {
  /** The process whose faults these are. */
  process: Pick<NodeJS.Process, 'on' | 'exit'>;
  logger: Logger;
  /** From the fault to the exit at the latest, ms. */
  graceMs: number;
}

interface LastResort {
  /** What ends the work in order. Before it is known a fault exits at once: nothing has been taken yet. */
  stopWith(stop: () => Promise<void>): void;
  /** Whether there was a fault, so that an end that was under way is not taken for a good one. */
  faulted(): boolean;
}

/** Of one that comes again and again. */
const MOST_LINES = 20;

/** Installs it for uncaught exceptions and unhandled rejections. The first fault decides; later ones are logged only. */
export function installLastResort({ process, logger, graceMs }: LastResortOptions): LastResort {
  let stop = async (): Promise<void> => {};
  let faults = 0;

  function log(event: string, error: unknown): void {
    try {
      logger.error(event, { error: faultText(error) });
    } catch {
      // The exit code still says it.
    }
  }

  function onFault(fault: unknown): void {
    faults += 1;
    if (faults <= MOST_LINES) log('server_fault', fault);
    if (faults > 1) return;
    setTimeout(() => process.exit(1), graceMs);
    void stop()
      .catch((error) => log('stop_failed', error))
      .finally(() => process.exit(1));
  }

  process.on('uncaughtException', onFault);
  process.on('unhandledRejection', onFault);
  return {
    stopWith(given) {
      stop = async () => await given();
    },
    faulted: () => faults > 0,
  };
}
