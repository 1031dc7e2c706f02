/** Writes that must not be lost to a database which is away for a while. */
import type { Logger } from '@tinyfat/core';
import { databaseFaultText } from '@tinyfat/database';
import { wakeablePause } from './waiting.ts';

/** The first pause, which doubles up to the longest. */
const FIRST_MS = 250;
const LONGEST_MS = 15_000;

interface UntilWrittenDeps {
  logger: Logger;
  /** Ends the repetitions: the lease was lost, or the worker must stop now. */
  signal: AbortSignal;
  /** What is written, for the log. */
  what: Readonly<Record<string, string>>;
}

/**
 * Repeats a write that can be repeated until it succeeds, for as long as the row is ours: what it records, such as the
 * answer of a relay, is known nowhere else. Each failure is a line in the log. Rejects with the last one once `signal` is
 * aborted.
 */
export async function untilWritten<Result>(
  { logger, signal, what }: UntilWrittenDeps,
  write: () => Promise<Result>,
): Promise<Result> {
  const { wake, pause } = wakeablePause();
  signal.addEventListener('abort', wake, { once: true });
  try {
    for (let waitMs = FIRST_MS; ; waitMs = Math.min(2 * waitMs, LONGEST_MS)) {
      try {
        return await write();
      } catch (error) {
        const isLast = signal.aborted;
        logger.error('not_written', {
          ...what,
          again_in_ms: isLast ? null : waitMs,
          error: databaseFaultText(error),
        });
        if (isLast) throw error;
      }
      await pause(waitMs);
    }
  } finally {
    signal.removeEventListener('abort', wake);
  }
}
