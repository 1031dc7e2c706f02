/** What the proxy refused in a run, for the run itself to ask: over HTTPS most clients show no reason. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { GatewayEvent } from '../contract.ts';

/** The refusals of one run. */
export interface RefusedList {
  add(refusal: Extract<GatewayEvent, { kind: 'refused' }>): void;
  /**
   * Answers `GET /egress/refused?after=N` with JSON `{refused: [{host, port, code, reason}], next, left_out}`: those from
   * the N-th on (0 for all), the N of the next question, and how many are not kept. False for any other request. It
   * needs no token: it says nothing but what the sandbox itself did.
   */
  serve(request: IncomingMessage, response: ServerResponse): boolean;
}

const ROUTE = /^\/egress\/refused(?:\?after=([0-9]{1,6}))?$/;

/** Keeps the first `limit` of them. */
export function createRefusedList(limit: number): RefusedList {
  const kept: Omit<Extract<GatewayEvent, { kind: 'refused' }>, 'kind'>[] = [];
  let leftOut = 0;
  return {
    add({ host, port, code, reason }) {
      if (kept.length < limit) kept.push({ host, port, code, reason });
      else leftOut += 1;
    },
    serve(request, response) {
      const asked = ROUTE.exec(request.url ?? '');
      if (asked === null || request.method !== 'GET') return false;
      const refused = kept.slice(Number(asked[1] ?? 0));
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ refused, next: kept.length, left_out: leftOut }));
      request.resume();
      return true;
    },
  };
}
