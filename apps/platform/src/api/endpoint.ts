/** A route with what it does. The types of the two are tied here; outside nobody needs them. */
import type { HeldBytes } from '@tinyfat/core';
import type * as v from 'valibot';
import type { RequestOrigin } from '../backend/contract.ts';
import type { Slots } from '../http/slots.ts';
import type { Outcome, Refusal } from './answer.ts';
import { refuse } from './answer.ts';
import type { ApiDeps } from './deps.ts';
import type { Principal } from './principal.ts';
import { readFields } from './read-request.ts';
import type { Fields, Route, RouteFacts } from './route.ts';
import type { Visible } from './visible.ts';

/** One request after the border: everything in it was checked. */
export interface Call<P, Q, B> {
  params: P;
  query: Q;
  body: B;
  principal: Principal;
  /** The one way to an agent, mail, run or delivery: as the principal may see them. */
  see: Visible;
  deps: ApiDeps;
  streams: Slots;
  /** As it came; its body was read. */
  request: Request;
  from: RequestOrigin;
  /** What the request holds in memory, its body counted already. */
  held: HeldBytes;
}

/** What came over the wire, and who sent it. */
export type RawCall = Omit<Call<unknown, unknown, unknown>, 'params' | 'query' | 'body'> & {
  params: Readonly<Record<string, string>>;
  query: URLSearchParams;
  bytes: Uint8Array;
};

export interface Endpoint {
  route: RouteFacts;
  /** Checks the parts of the request, does it, writes the answer. */
  run(raw: RawCall): Promise<Response | Refusal>;
}

/** Ties a route to what it does. */
export function endpoint<P extends Fields, Q extends Fields, B, A>(
  route: Route<P, Q, B, A>,
  handle: (call: Call<v.InferOutput<P>, v.InferOutput<Q>, B>) => Promise<Outcome<A>>,
): Endpoint {
  return {
    route,
    async run({ params, query, bytes, ...rest }) {
      const readParams = readFields(route.params, Object.entries(params));
      if (!readParams.ok) return refuse('invalid_request', readParams.detail);
      const readQuery = readFields(route.query, [...query]);
      if (!readQuery.ok) return refuse('invalid_request', readQuery.detail);
      const body = route.body.parse(bytes, mediaType(rest.request));
      if (!body.ok) return refuse(body.code, body.detail);
      const outcome = await handle({
        ...rest,
        params: readParams.value,
        query: readQuery.value,
        body: body.body,
      });
      return outcome.ok ? route.answer.write(outcome.body, outcome.headers ?? {}) : outcome;
    },
  };
}

function mediaType(request: Request): string {
  const [type = ''] = (request.headers.get('content-type') ?? '').split(';');
  return type.trim().toLowerCase();
}
