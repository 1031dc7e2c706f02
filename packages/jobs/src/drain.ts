/**
 * The work of `startWorkLoop` within one invocation, as Workers have it: whatever wakes it, it works until nothing is due
 * or time is up, and says when to come again. An invocation that dies in the middle is as a worker that died.
 */
import { rowsInHand, type WorkLoopOptions } from './rows-in-hand.ts';
import { wakeablePause } from './waiting.ts';

/** Longest sleep between two looks while rows are worked on: what becomes due for others wakes an invocation of its own. */
const POLL_MS = 15_000;

/** Longest time until it is seen that somebody asked for the end of what runs: no wake-up reaches this very invocation. */
const STOP_LOOK_MS = 2000;

/**
 * A row that is due so soon is waited for: by the time that this invocation has said when to come again, it would be due, and
 * nobody be woken for it.
 */
const SOON_MS = 2000;

/** What is left to do. */
export interface Drained {
  /** How many rows were worked on. */
  worked: number;
  /** Time was up while rows were due: come again at once. */
  more: boolean;
  /** When the next row will be due, epoch ms; null where none waits for a time that is yet to come. */
  nextDue: number | null;
}

/**
 * Gives back what dead workers hold, then works on what is due until nothing is and nothing runs; after `startUntil`
 * (epoch ms) it claims nothing new, and awaits what runs. Rejects, when what runs has ended, where the rows can't be reached.
 */
export async function drain<Row>(work: WorkLoopOptions<Row>, startUntil: number): Promise<Drained> {
  const { rows, clock } = work;
  const { wake, clear, pause } = wakeablePause();
  const hands = rowsInHand({ ...work, pollMs: POLL_MS }, wake);
  const longestMs = work.stopsAsked ? STOP_LOOK_MS : POLL_MS;
  let worked = 0;
  let timeIsUp = false;
  try {
    await hands.mendSetBack();
    await hands.reclaim();
    for (;;) {
      timeIsUp = clock() >= startUntil;
      if (timeIsUp) break;
      clear();
      await hands.endAsked();
      // The end of work that runs now can make a row due after the look.
      const idle = hands.running() === 0;
      const waitMs = await hands.takeNext();
      if (waitMs === null) worked += 1;
      else if (idle && waitMs > SOON_MS) break;
      else await pause(Math.min(waitMs, longestMs, Math.max(startUntil - clock(), 0)));
    }
  } finally {
    await hands.ended();
  }
  const due = await rows.nextDue();
  const now = clock();
  // What is due and was not claimed although there was time waits for the work of somebody else, whose end looks again.
  return {
    worked,
    more: timeIsUp && due !== null && due <= now,
    nextDue: due !== null && due > now ? due : null,
  };
}
