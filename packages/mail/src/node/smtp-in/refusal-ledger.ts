/**
 * How often each client was refused within the last hour: a client that guesses addresses, or sends what nobody takes,
 * is turned away at connect for a while. No timer: what is old is found out when it is asked for.
 */
import type { Clock } from '@tinyfat/core';

const hourMs = 3_600_000;
/** The client whose last refusal is the oldest is forgotten for one more than these. */
const clientsRemembered = 4096;

interface Refused {
  /** Epoch ms of the latest refusals, oldest first, one more than are allowed. */
  times: number[];
  barredReportedAt: number;
}

/** Counts permanent refusals of each client. */
interface RefusalLedger {
  add(client: string): void;
  /** When a client with too many refusals may come again, epoch ms; null when it may now. */
  barredUntil(client: string): number | null;
}

/** `onBarred` hears of a client that is turned away once an hour, however often it comes. */
export function refusalLedger(
  maxPerHour: number,
  clock: Clock,
  onBarred: (client: string) => void,
): RefusalLedger {
  const clients = new Map<string, Refused>();
  return {
    add(client) {
      const refused = clients.get(client) ?? { times: [], barredReportedAt: Number.NEGATIVE_INFINITY };
      refused.times.push(clock());
      if (refused.times.length > maxPerHour + 1) refused.times.shift();
      clients.delete(client);
      clients.set(client, refused);
      const [oldest] = clients.keys();
      if (clients.size > clientsRemembered && oldest !== undefined) clients.delete(oldest);
    },
    barredUntil(client) {
      const refused = clients.get(client);
      const first = refused?.times[0];
      if (refused === undefined || first === undefined || refused.times.length <= maxPerHour) return null;
      const now = clock();
      if (now >= first + hourMs) return null;
      if (now >= refused.barredReportedAt + hourMs) {
        refused.barredReportedAt = now;
        onBarred(client);
      }
      return first + hourMs;
    },
  };
}
