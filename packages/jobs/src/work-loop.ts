/**
 * The loop under every worker on leased rows: claims rows that are due, a few at once, each under a heartbeat; pauses until
 * the next is due, until woken, or until a slow poll that sees changes by other processes. It gives back what dead workers
 * held, and makes due what a clock that was set back would delay.
 */
import { type Clock, faultBarrier, faultText, type Logger } from '@tinyfat/core';
import { databaseFaultText, type Held, type LeasedRows } from '@tinyfat/database';
import { wakeablePause, within } from './waiting.ts';

interface WorkLoopOptions<Row> {
  /** What the log calls the rows. */
  name: string;
  rows: LeasedRows<Row>;
  clock: Clock;
  logger: Logger;
  /** Rows worked on at once. */
  atOnce: number;
  leaseMs: number;
  /** Longest sleep between two looks at the table. */
  pollMs: number;
  /**
   * Settles the row. Should not reject: the row is then given back when its lease has ended. The signal is aborted when
   * the lease was lost, with `LeaseLost`, or when the loop must stop now.
   */
  work(row: Row, signal: AbortSignal): Promise<void>;
}

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

/** Somebody else has the row now, or had to give it back. */
export class LeaseLost extends Error {
  override name = 'LeaseLost';

  constructor() {
    super('the lease was lost');
  }
}

/** How often the log says that the rows are still out of reach. */
const SAID_EVERY_MS = 60_000;
/** Time for aborted work to clean up behind itself. */
const ABORT_GRACE_MS = 5000;

/** Starts the loop at once. */
export function startWorkLoop<Row>(options: WorkLoopOptions<Row>): WorkLoop {
  const { name, rows, clock, logger, atOnce, leaseMs, pollMs } = options;
  const active = new Map<AbortController, { held: Held; ended: Promise<void> }>();
  let stopping = false;
  const { wake, clear, pause } = wakeablePause();
  const isOwn = ({ key, fence }: Held) =>
    [...active.values()].some(({ held }) => held.key === key && held.fence === fence);

  const workOn = async (row: Row, controller: AbortController) => {
    const guard = faultBarrier((error) =>
      logger.warn('heartbeat_failed', { rows: name, error: databaseFaultText(error) }),
    );
    const beat = setInterval(
      guard(async () => {
        if (!(await rows.renew(row))) controller.abort(new LeaseLost());
      }),
      leaseMs / 3,
    );
    try {
      await options.work(row, controller.signal);
    } catch (error) {
      logger.error('work_crashed', { rows: name, error: faultText(error) });
    } finally {
      clearInterval(beat);
      active.delete(controller);
      wake();
    }
  };

  const begin = (row: Row) => {
    const controller = new AbortController();
    // Not in this turn of the event loop: the work's end must find it in `active`.
    const ended = Promise.resolve().then(() => workOn(row, controller));
    active.set(controller, { held: rows.heldOf(row), ended });
  };

  let lookedAt = Number.POSITIVE_INFINITY;
  let reclaimedAt = Number.NEGATIVE_INFINITY;
  /** What time and dead workers have left, at most once a poll. */
  const tidy = async () => {
    const now = clock();
    const wasSetBack = now < lookedAt;
    lookedAt = now;
    if (wasSetBack) {
      const due = await rows.dueAfterSetBack();
      if (due > 0) logger.warn('clock_set_back', { rows: name, due });
    }
    // By a clock that only goes forward.
    const instant = performance.now();
    if (instant - reclaimedAt < pollMs) return;
    reclaimedAt = instant;
    const reclaimed = await rows.reclaim(isOwn);
    if (reclaimed > 0) logger.warn('leases_reclaimed', { rows: name, reclaimed });
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
        const row = active.size < atOnce ? await rows.claim() : undefined;
        if (unreachableSaidAt !== null) {
          unreachableSaidAt = null;
          logger.info('rows_reachable', { rows: name });
        }
        if (row !== undefined) {
          begin(row);
          continue;
        }
        const due = await rows.nextDue();
        // A row that was due already waits for running work, whose end wakes the loop.
        const known = due !== null && due > lookedAt;
        await pause(known ? Math.min(pollMs, Math.max(due - clock(), 0)) : pollMs);
      } catch (error) {
        noteUnreachable(error);
        await pause(pollMs);
      }
    }
  };
  const ended = loop();

  return {
    wake,
    running: () => active.size,
    async stop(drainMs) {
      stopping = true;
      wake();
      await ended;
      const abort = setTimeout(() => {
        for (const controller of active.keys()) controller.abort(new Error('the server is stopping'));
      }, drainMs);
      await within(drainMs + ABORT_GRACE_MS, Promise.all([...active.values()].map((one) => one.ended)));
      clearTimeout(abort);
    },
  };
}
