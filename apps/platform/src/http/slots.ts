/** How many of a kind are open at once, of one party and of all. */

export interface Slots {
  /** Takes a slot for a party; null when there is none left. What it gives frees it, once. */
  take(party: string): (() => void) | null;
  /** Open ones of all. */
  open(): number;
}

/** A ledger of its own. */
export function slots(most: { ofOne: number; ofAll: number }): Slots {
  const counts = new Map<string, number>();
  let all = 0;
  return {
    open: () => all,
    take(party) {
      const count = counts.get(party) ?? 0;
      if (count >= most.ofOne || all >= most.ofAll) return null;
      counts.set(party, count + 1);
      all++;
      let isFree = false;
      return () => {
        if (isFree) return;
        isFree = true;
        all--;
        const left = (counts.get(party) ?? 1) - 1;
        if (left > 0) counts.set(party, left);
        else counts.delete(party);
      };
    },
  };
}
