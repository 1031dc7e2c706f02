/** How many streams are open, of each owner and of all: each costs a look at the disk four times a second. */

export interface StreamSlots {
  /** Takes a slot; null when there is none left. What it gives frees it, once. */
  take(owner: string): (() => void) | null;
  /** Open streams of all. */
  open(): number;
}

/** A ledger of its own. */
export function streamSlots(most: { ofOwner: number; ofAll: number }): StreamSlots {
  const counts = new Map<string, number>();
  let all = 0;
  return {
    open: () => all,
    take(owner) {
      const count = counts.get(owner) ?? 0;
      if (count >= most.ofOwner || all >= most.ofAll) return null;
      counts.set(owner, count + 1);
      all++;
      let isFree = false;
      return () => {
        if (isFree) return;
        isFree = true;
        all--;
        const left = (counts.get(owner) ?? 1) - 1;
        if (left > 0) counts.set(owner, left);
        else counts.delete(owner);
      };
    },
  };
}
