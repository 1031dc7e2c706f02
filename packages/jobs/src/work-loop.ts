/**
 * The loop under every worker on a table: take what is due, a few at once; sleep until the next is due, until
 * woken, or until a slow poll that sees what other processes changed.
 */
import { type Clock, faultBarrier } from '@tinyfat/core';
import { within } from './within.ts';

export interface WorkLoopOptions<Item> {
  clock: Clock;
  /** Items worked on at once. */
  atOnce: number;
  /** Longest sleep between two looks at the table. */
  pollMs: number;
  /** Takes one item that is due; null or undefined when there is none. */
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
   * Takes nothing new; waits for what runs up to the time, then aborts it. What does not end soon after that is
   * left behind, as a crash would leave it.
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
  let woken = false;
  let ring = () => {};
  const wake = () => {
    woken = true;
    ring();
  };

  const pause = async (milliseconds: number) => {
    if (woken || stopping) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      ring = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    ring = () => {};
  };

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
    // Not in this turn of the event loop: its end must find it among what runs.
    active.set(
      controller,
      Promise.resolve().then(() => workOn(item, controller)),
    );
  };

  const loop = async () => {
    while (!stopping) {
      woken = false;
      const lookedAt = clock();
      try {
        const item = active.size < atOnce ? await options.claim() : null;
        if (item) {
          begin(item);
          continue;
        }
        const due = await options.nextDue();
        // What was due before the look waits for something running, whose end wakes us.
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
      ring();
      await ended;
      const abort = setTimeout(() => {
        for (const controller of active.keys()) controller.abort(new Error('the server is stopping'));
      }, drainMs);
      await within(drainMs + ABORT_GRACE_MS, Promise.all(active.values()));
      clearTimeout(abort);
    },
  };
}
