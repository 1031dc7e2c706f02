/**
 * Bytes of requests and answers that are held in memory at once. Invariants: together they never pass the total, and
 * those of one party never pass its share, however many ask how fast. Nobody waits for room: there is some, or there is
 * none.
 */

/** A party to a request, such as a client network or an owner, and the most bytes that its requests may hold at once. */
export interface Share {
  party: string;
  most: number;
}

/** What one request holds. */
export interface HeldBytes {
  /** Holds so many bytes more; false where the total or a share has no room for them, and then holds no more than before. */
  take(bytes: number): boolean;
  /** Counts what is held, and what will be, for one more party; false where that is more than the party's share. */
  join(share: Share): boolean;
  /** Gives back all but so many bytes. */
  shrink(bytes: number): void;
  /** Gives everything back. After that nothing can be taken; to call it again does nothing. */
  release(): void;
}

export interface ByteBudget {
  /** An account that holds nothing yet. */
  open(...shares: readonly Share[]): HeldBytes;
  /** Bytes that are held now, of all. */
  held(): number;
}

/** For whoever holds one request alone, such as a command: there is always room. */
export const UNCOUNTED: HeldBytes = { take: () => true, join: () => true, shrink() {}, release() {} };

/** A budget of so many bytes. */
export function byteBudget(total: number): ByteBudget {
  const ofParty = new Map<string, number>();
  let all = 0;

  const change = (party: string, bytes: number) => {
    const now = (ofParty.get(party) ?? 0) + bytes;
    if (now > 0) ofParty.set(party, now);
    else ofParty.delete(party);
  };
  const hasRoom = ({ party, most }: Share, bytes: number) => (ofParty.get(party) ?? 0) + bytes <= most;

  return {
    held: () => all,
    open(...first) {
      const shares = [...first];
      let mine = 0;
      let isOpen = true;
      const add = (bytes: number) => {
        all += bytes;
        mine += bytes;
        for (const { party } of shares) change(party, bytes);
      };
      return {
        take(bytes) {
          if (!isOpen || all + bytes > total || !shares.every((share) => hasRoom(share, bytes))) return false;
          add(bytes);
          return true;
        },
        join(share) {
          if (!isOpen || !hasRoom(share, mine)) return false;
          shares.push(share);
          change(share.party, mine);
          return true;
        },
        shrink: (bytes) => add(-Math.max(0, mine - bytes)),
        release() {
          isOpen = false;
          add(-mine);
        },
      };
    },
  };
}
