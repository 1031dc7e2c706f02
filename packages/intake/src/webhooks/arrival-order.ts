/**
 * Mails are fetched several at once and come to the door in the order in which they were told, as far as that is
 * cheap: nobody waits for long for one before him that is slow.
 */

import { within } from '@tinyfat/jobs';

export interface ArrivalOrder {
  /** A place behind all that were taken before and have not left. To be taken when the work begins. */
  queueUp(): Place;
}

export interface Place {
  /** Resolves when all before have left, or when that takes too long. */
  turn(): Promise<void>;
  /** To be called at the end, whatever it was; more than once is no matter. */
  leave(): void;
}

/** `longestMs`: how long one waits for those before. */
export function arrivalOrder(longestMs: number): ArrivalOrder {
  let last: Promise<void> = Promise.resolve();
  return {
    queueUp() {
      const before = last;
      let leave = () => {};
      const left = new Promise<void>((resolve) => {
        leave = resolve;
      });
      last = Promise.all([before, left]).then(() => undefined);
      return {
        turn: () => within(longestMs, before),
        leave: () => leave(),
      };
    },
  };
}
