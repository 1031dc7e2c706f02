/** What the proxy refused in a run, for the run itself to ask: over HTTPS most clients show no reason. */
import type { EgressRefusalCode } from './refusal.ts';

/** A connection that was refused. `host` is as it was asked for, in printable ASCII; `port` null where none is. */
export interface RefusedConnection {
  host: string;
  port: number | null;
  code: EgressRefusalCode;
  reason: string;
}

/** The refusals of one run. */
interface RefusedList {
  add(refused: RefusedConnection): void;
  /**
   * Answers `GET /egress/refused?after=N` with JSON `{refused: [{host, port, code, reason}], next, left_out}`: those from
   * the N-th on (0 for all), the N of the next question, and how many are not listed. Null for any other request. It
   * needs no token: it says nothing but what the sandbox itself did.
   */
  answer(request: Request): Response | null;
}

const ROUTE = /^\/egress\/refused(?:\?after=([0-9]{1,6}))?$/;

/** Lists the first `limit` of them. */
export function createRefusedList(limit: number): RefusedList {
  const listed: RefusedConnection[] = [];
  let leftOut = 0;
  return {
    add({ host, port, code, reason }) {
      if (listed.length < limit) listed.push({ host, port, code, reason });
      else leftOut += 1;
    },
    answer(request) {
      const { pathname, search } = new URL(request.url);
      const asked = ROUTE.exec(pathname + search);
      if (asked === null || request.method !== 'GET') return null;
      const refused = listed.slice(Number(asked[1] ?? 0));
      return Response.json({ refused, next: listed.length, left_out: leftOut });
    },
  };
}
