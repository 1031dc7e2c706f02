/**
 * The loop under every worker on a table: claims items that are due, a few at once; pauses until the next is due, until
 * woken, or until a slow poll that sees changes by other processes.
 */
import { type Clock, faultBarrier } from '@tinyfat/core';
import { wakeablePause, within } from './waiting.ts';

interface WorkLoopOptions<Item> {
  clock: Clock;
  /** Items worked on at once. */
  atOnce: number;
  /** Longest sleep between two looks at the table. */
  pollMs: number;
  /** Claims one item that is due; null or undefined when there is none. */
  claim(): Promise<Item | null | undefined>;
  /** When the next waiting item is due, epoch ms; null when none waits. */
  nextDue(): Promise<number | null>;
  /** Should not reject; the signal is aborted when the loop must stop now. */
  work(item: Item, signal: AbortSignal): Promise<void>;
  /** The table could not be read, or `work` rejected all the same; the loop goes on after a pause. */
  onUnreachable(error: unknown): void;
}

export interface WorkLoop {
  /** Looks at the table at once. */
  wake(): void;
  /** Items being worked on. */
  running(): number;
  /**
   * Claims nothing new; awaits the running work for `drainMs`, then aborts it. Work that does not end soon after that is
   * left behind, as after a crash.
   */
  stop(drainMs: number): Promise<void>;
}

/** Time for aborted work to clean up behind itself. */
const ABORT_GRACE_MS = 5000;

/** Starts the loop at once. */
export function startWorkLoop<Item>(options: WorkLoopOptions<Item>): WorkLoop {
  const { clock, atOnce, pollMs } = options;
  const active = new Map<AbortController, Promise<void>>();
  const reportFault = faultBarrier(() => {})(options.onUnreachable);
  let stopping = false;
  const { wake, clear, pause } = wakeablePause();

  const workOn = async (item: Item, controller: AbortController) => {
    try {
      await options.work(item, controller.signal);
    } catch (error) {
      reportFault(error);
    } finally {
      active.delete(controller);
      wake();
    }
  };

  const begin = (item: Item) => {
    const controller = new AbortController();
    // Not in this turn of the event loop: the work's end must find it in `active`.
    active.set(
      controller,
      Promise.resolve().then(() => workOn(item, controller)),
    );
  };

  const loop = async () => {
    while (!stopping) {
      clear();
      const lookedAt = clock();
      try {
        const item = active.size < atOnce ? await options.claim() : null;
        if (item) {
          begin(item);
          continue;
        }
        const due = await options.nextDue();
        // An item that was due already waits for running work, whose end wakes the loop.
        const known = due !== null && due > lookedAt;
        await pause(known ? Math.min(pollMs, Math.max(due - clock(), 0)) : pollMs);
      } catch (error) {
        reportFault(error);
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
      await within(drainMs + ABORT_GRACE_MS, Promise.all(active.values()));
      clearTimeout(abort);
    },
  };
}
