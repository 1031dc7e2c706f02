/**
 * The rows that one worker has claimed and works on, each under a heartbeat: the same for a loop that lives as long as its
 * process (`startWorkLoop`), and for one invocation (`drain`).
 */
import { type Clock, faultBarrier, faultText, type Logger } from '@tinyfat/core';
import { databaseFaultText, type Held, type LeasedRows } from '@tinyfat/database';

/** What the work on the rows of one table is; how it is run is another matter. */
export interface WorkLoopOptions<Row> {
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
   * the lease was lost, with `LeaseLost`, when somebody asked for its end, with `StopAsked`, or when the loop must stop now.
   */
  work(row: Row, signal: AbortSignal): Promise<void>;
  /** Which of the rows with these keys somebody asked to end; absent where nobody can. */
  stopsAsked?(keys: readonly string[]): Promise<ReadonlySet<string>>;
}

/** Somebody else has the row now, or had to give it back. */
export class LeaseLost extends Error {
  override name = 'LeaseLost';

  constructor() {
    super('the lease was lost');
  }
}

/** Somebody asked for the end of what is worked on. */
export class StopAsked extends Error {
  override name = 'StopAsked';

  constructor() {
    super('somebody asked to stop it');
  }
}

export interface RowsInHand {
  /** How many are worked on. */
  running(): number;
  /**
   * Claims the next row that is due and begins to work on it: null then. Else, or where as many are in hand as may be,
   * how long to wait before it is worth another look, ms; the end of a row in hand is worth one at once.
   */
  takeNext(): Promise<number | null>;
  /** Ends the work on those whose end somebody asked for. */
  endAsked(): Promise<void>;
  /** Makes due what a clock that was set back would delay. */
  mendSetBack(): Promise<void>;
  /** Gives back what dead workers hold. */
  reclaim(): Promise<void>;
  /** Ends the work on all of them now. */
  abort(reason: Error): void;
  /** Resolves when the work on those in hand now has ended; never rejects. */
  ended(): Promise<void>;
}

/** None yet. `onEnd` is called after each row whose work has ended. */
export function rowsInHand<Row>(options: WorkLoopOptions<Row>, onEnd: () => void): RowsInHand {
  const { name, rows, clock, logger, atOnce, leaseMs, pollMs } = options;
  const active = new Map<AbortController, { held: Held; ended: Promise<void> }>();
  const isOwn = ({ key, fence }: Held) =>
    [...active.values()].some(({ held }) => held.key === key && held.fence === fence);

  const endAsked = async () => {
    if (!options.stopsAsked || active.size === 0) return;
    const all = [...active].filter(([controller]) => !controller.signal.aborted);
    const asked = await options.stopsAsked(all.map(([, { held }]) => String(held.key)));
    for (const [controller, { held }] of all) {
      if (asked.has(String(held.key))) controller.abort(new StopAsked());
    }
  };

  const workOn = async (row: Row, controller: AbortController) => {
    const guard = faultBarrier((error) =>
      logger.warn('heartbeat_failed', { rows: name, error: databaseFaultText(error) }),
    );
    const beat = setInterval(
      guard(async () => {
        if (!(await rows.renew(row))) controller.abort(new LeaseLost());
        // Also while the loop claims nothing any more, because the server stops.
        await endAsked();
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
      onEnd();
    }
  };

  const begin = (row: Row) => {
    const controller = new AbortController();
    // Not in this turn of the event loop: the work's end must find it in `active`.
    const ended = Promise.resolve().then(() => workOn(row, controller));
    active.set(controller, { held: rows.heldOf(row), ended });
  };

  return {
    running: () => active.size,

    async takeNext() {
      const now = clock();
      const row = active.size < atOnce ? await rows.claim() : undefined;
      if (row !== undefined) {
        begin(row);
        return null;
      }
      const due = await rows.nextDue();
      // A row that was due already waits for running work.
      const known = due !== null && due > now;
      return known ? Math.min(pollMs, Math.max(due - clock(), 0)) : pollMs;
    },

    endAsked,

    async mendSetBack() {
      const due = await rows.dueAfterSetBack();
      if (due > 0) logger.warn('clock_set_back', { rows: name, due });
    },

    async reclaim() {
      const reclaimed = await rows.reclaim(isOwn);
      if (reclaimed > 0) logger.warn('leases_reclaimed', { rows: name, reclaimed });
    },

    abort(reason) {
      for (const controller of active.keys()) controller.abort(reason);
    },

    async ended() {
      await Promise.all([...active.values()].map((one) => one.ended));
    },
  };
}
