/**
 * The byte budget: bytes of requests and answers in memory at once. Invariants: all reservations together never pass the
 * total, and those of one party never pass its share. A reservation is granted or refused at once; none waits.
 */

/** A party to a request, such as a client network or an owner, and the most bytes that its requests may reserve at once. */
interface Share {
  party: string;
  most: number;
}

/** The bytes that one request has reserved. */
export interface ByteReservation {
  /** Reserves so many bytes more; false, and reserves none, where they would pass the total or a share. */
  take(bytes: number): boolean;
  /** Counts this reservation for one more party as well; false where that passes the party's share. */
  join(share: Share): boolean;
  /** Gives back all but so many bytes. */
  shrink(bytes: number): void;
  /** Gives back so many bytes, at most all. */
  give(bytes: number): void;
  /** Gives all bytes back; no more can be reserved after that. Calling it again does nothing. */
  release(): void;
}

export interface ByteBudget {
  /** A reservation of no bytes yet. */
  open(...shares: readonly Share[]): ByteReservation;
  /** Bytes that are reserved now, of all. */
  reserved(): number;
}

/** For a process with a single request, such as a command: every reservation is granted. */
export const UNCOUNTED: ByteReservation = {
  take: () => true,
  join: () => true,
  shrink() {},
  give() {},
  release() {},
};

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
    reserved: () => all,
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
        give: (bytes) => add(-Math.min(mine, bytes)),
        release() {
          isOpen = false;
          add(-mine);
        },
      };
    },
  };
}
