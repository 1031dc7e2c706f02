/** A semaphore with two limits: how many of a kind are open at once, of one party and of all. */
export interface Semaphore {
  /** Takes a permit for a party; null when none is left. The function releases it, once. */
  acquire(party: string): (() => void) | null;
}

export function semaphore(most: { ofOne: number; ofAll: number }): Semaphore {
  const counts = new Map<string, number>();
  let all = 0;
  return {
    acquire(party) {
      const count = counts.get(party) ?? 0;
      if (count >= most.ofOne || all >= most.ofAll) return null;
      counts.set(party, count + 1);
      all++;
      let isReleased = false;
      return () => {
        if (isReleased) return;
        isReleased = true;
        all--;
        const left = (counts.get(party) ?? 1) - 1;
        if (left > 0) counts.set(party, left);
        else counts.delete(party);
      };
    },
  };
}
