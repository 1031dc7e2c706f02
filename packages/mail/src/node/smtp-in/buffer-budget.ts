/** How many bytes of messages without an answer are held, in all and for one client. */

/** What one message takes of the budget. */
export interface BufferShare {
  /** False, and nothing taken, when there is no room. */
  take(bytes: number): boolean;
  /** Gives back all but so many bytes. */
  shrink(bytes: number): void;
}

/** Bytes for all messages; invariant: what was given out is never more than the limits. */
export interface BufferBudget {
  /** A share for a message of this client; null for one whose bytes count in all only. */
  open(client: string | null): BufferShare;
}

/** A budget of `limit` bytes, of which one client gets at most `perClient`. */
export function bufferBudget(limit: number, perClient: number): BufferBudget {
  const clients = new Map<string, number>();
  let used = 0;

  function count(client: string | null, bytes: number): void {
    used += bytes;
    if (client === null) return;
    const held = (clients.get(client) ?? 0) + bytes;
    if (held === 0) clients.delete(client);
    else clients.set(client, held);
  }
  return {
    open(client) {
      let held = 0;
      return {
        take(bytes) {
          if (used + bytes > limit) return false;
          if (client !== null && (clients.get(client) ?? 0) + bytes > perClient) return false;
          held += bytes;
          count(client, bytes);
          return true;
        },
        shrink(bytes) {
          const back = Math.max(0, held - bytes);
          held -= back;
          count(client, -back);
        },
      };
    },
  };
}
