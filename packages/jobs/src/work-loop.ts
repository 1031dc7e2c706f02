/**
 * The loop under every worker of a process on leased rows: claims rows that are due, a few at once, each under a heartbeat;
 * pauses until the next is due, until woken, or until a slow poll that sees changes by other processes. It gives back what
 * dead workers held, and makes due what a clock that was set back would delay.
 */
import { databaseFaultText } from '@tinyfat/database';
import { rowsInHand, type WorkLoopOptions } from './rows-in-hand.ts';
import { wakeablePause, within } from './waiting.ts';

export interface WorkLoop {
  /** Looks at the table at once. */
  wake(): void;
  /** Rows being worked on. */
  running(): number;
  /**
   * Claims nothing new; awaits the running work for `drainMs`, then aborts it. Work that does not end soon after that is
   * left behind, as after a crash.
   */
  stop(drainMs: number): Promise<void>;
}

/** How often the log says that the rows are still out of reach. */
const SAID_EVERY_MS = 60_000;
/** Time for aborted work to clean up behind itself. */
const ABORT_GRACE_MS = 5000;

/** Starts the loop at once. */
export function startWorkLoop<Row>(options: WorkLoopOptions<Row>): WorkLoop {
  const { name, clock, logger, pollMs } = options;
  let stopping = false;
  const { wake, clear, pause } = wakeablePause();
  const hands = rowsInHand(options, wake);

  let lookedAt = Number.POSITIVE_INFINITY;
  let reclaimedAt = Number.NEGATIVE_INFINITY;
  /** What time and dead workers have left, at most once a poll. */
  const tidy = async () => {
    const now = clock();
    const wasSetBack = now < lookedAt;
    lookedAt = now;
    if (wasSetBack) await hands.mendSetBack();
    // By a clock that only goes forward.
    const instant = performance.now();
    if (instant - reclaimedAt < pollMs) return;
    reclaimedAt = instant;
    await hands.reclaim();
  };

  /** When the log last said that the rows are out of reach; null while they are not. */
  let unreachableSaidAt: number | null = null;
  const noteUnreachable = (error: unknown) => {
    const instant = performance.now();
    if (unreachableSaidAt !== null && instant - unreachableSaidAt < SAID_EVERY_MS) return;
    unreachableSaidAt = instant;
    logger.error('rows_unreachable', { rows: name, error: databaseFaultText(error) });
  };

  const loop = async () => {
    while (!stopping) {
      clear();
      try {
        await tidy();
        await hands.endAsked();
        const waitMs = await hands.takeNext();
        if (unreachableSaidAt !== null) {
          unreachableSaidAt = null;
          logger.info('rows_reachable', { rows: name });
        }
        if (waitMs !== null) await pause(waitMs);
      } catch (error) {
        noteUnreachable(error);
        await pause(pollMs);
      }
    }
  };
  const ended = loop();

  return {
    wake,
    running: hands.running,
    async stop(drainMs) {
      stopping = true;
      wake();
      await ended;
      const abort = setTimeout(() => hands.abort(new Error('the server is stopping')), drainMs);
      await within(drainMs + ABORT_GRACE_MS, hands.ended());
      clearTimeout(abort);
    },
  };
}
