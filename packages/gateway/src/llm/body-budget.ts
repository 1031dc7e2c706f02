/**
 * What the bodies of requests to the model may take. Invariants: the bodies of one run never hold more than its share,
 * those of all runs together never more than the host has; a run that holds much leaves as much for others.
 */

/** What the bodies of one run may take. Sizes in bytes. */
export interface BodyBudget {
  /** Counts bytes that came over the whole run, held or not; false when it has sent all that it may. */
  count(bytes: number): boolean;
  /** Takes memory; false when the run or the host has none left. */
  take(bytes: number): boolean;
  giveBack(bytes: number): void;
  /** Gives back all that is still taken; afterwards nothing can be taken. */
  close(): void;
}

/** The budget of a host, out of which those of its runs are opened. */
export interface HostBodies {
  openRun(limits: { held: number; sent: number }): BodyBudget;
}

/**
 * A budget of `total` bytes. A run may hold at most as much as is still free then: however many hoard, the next one
 * finds room, without a part that lies idle for each run that might come.
 */
export function hostBodies(total: number): HostBodies {
  let free = total;
  return {
    openRun({ held, sent }) {
      let mine = 0;
      let left = sent;
      let open = true;
      function giveBack(bytes: number): void {
        if (!open) return;
        mine -= bytes;
        free += bytes;
      }
      return {
        count(bytes) {
          left -= bytes;
          return left >= 0;
        },
        take(bytes) {
          if (!open || mine + bytes > Math.min(held, free - bytes)) return false;
          mine += bytes;
          free -= bytes;
          return true;
        },
        giveBack,
        close() {
          giveBack(mine);
          open = false;
        },
      };
    },
  };
}
