/** A route with its handler. Their types meet here and are needed nowhere else. */
import type { ByteReservation } from '@tinyfat/core';
import type { Agent } from '@tinyfat/database';
import * as v from 'valibot';
import type { RequestOrigin } from '../http/request-origin.ts';
import type { Semaphore } from '../http/semaphore.ts';
import { type Outcome, type Refusal, refuse } from './answer.ts';
import { explainIssue } from './body.ts';
import type { ApiDeps } from './deps.ts';
import type { Principal } from './principal.ts';
import type { Fields, Route, RouteFacts } from './route.ts';
import type { Visible } from './visible.ts';

/** One request, parsed and checked. */
export interface Call<P, Q, B> {
  params: P;
  query: Q;
  body: B;
  principal: Principal;
  /** The one way to an agent, mail, run or delivery: only what the principal may see. */
  see: Visible;
  deps: ApiDeps;
  streams: Semaphore;
  /** As it came; its body is read. */
  request: Request;
  from: RequestOrigin;
  /** Counts the bytes of the request in memory; its body is counted. */
  reservation: ByteReservation;
}

/** A request as it came, and who sent it. */
export type RawCall = Omit<Call<unknown, unknown, unknown>, 'params' | 'query' | 'body'> & {
  params: Readonly<Record<string, string>>;
  query: URLSearchParams;
  bytes: Uint8Array;
  /** Media type of the body in lower case, without parameters. */
  type: string;
};

export interface Endpoint {
  route: RouteFacts;
  /** Parses the request and handles it; the body is what the route declares. */
  handle(raw: RawCall): Promise<Outcome<unknown>>;
  /** The same, with the answer written. */
  run(raw: RawCall): Promise<Response | Refusal>;
}

/** Ties a route to its handler. */
export function endpoint<P extends Fields, Q extends Fields, B, A>(
  route: Route<P, Q, B, A>,
  handle: (call: Call<v.InferOutput<P>, v.InferOutput<Q>, B>) => Promise<Outcome<A>>,
): Endpoint {
  const parseAndHandle = async ({ params, query, bytes, type, ...rest }: RawCall): Promise<Outcome<A>> => {
    const readParams = readFields(route.params, Object.entries(params));
    if (!readParams.ok) return refuse('invalid_request', readParams.detail);
    const readQuery = readFields(route.query, [...query]);
    if (!readQuery.ok) return refuse('invalid_request', readQuery.detail);
    const body = route.body.parse(bytes, type);
    if (!body.ok) return refuse(body.code, body.detail);
    return await handle({ ...rest, params: readParams.value, query: readQuery.value, body: body.body });
  };
  return {
    route,
    handle: parseAndHandle,
    async run(raw) {
      const outcome = await parseAndHandle(raw);
      return outcome.ok ? route.answer.write(outcome.body, outcome.headers ?? {}) : outcome;
    },
  };
}

type OfAgent = Fields & v.GenericSchema<{ agent: string }>;

/** The same for a route below an agent; it is not found where the principal may not see that agent. */
export function agentEndpoint<P extends OfAgent, Q extends Fields, B, A>(
  route: Route<P, Q, B, A>,
  handle: (call: Call<v.InferOutput<P>, v.InferOutput<Q>, B> & { agent: Agent }) => Promise<Outcome<A>>,
): Endpoint {
  return endpoint(route, async (call) => {
    const found = await call.see.agent(call.params.agent);
    return found.ok ? await handle({ ...call, agent: found.row }) : found;
  });
}

/** Names and values of a path or a query. One that is given twice is refused: two readers could take another one each. */
function readFields<F extends Fields>(
  schema: F,
  pairs: readonly [string, string][],
): { ok: true; value: v.InferOutput<F> } | { ok: false; detail: string } {
  const values = new Map(pairs);
  if (values.size < pairs.length) return { ok: false, detail: 'A parameter stands more than once.' };
  const parsed = v.safeParse(schema, Object.fromEntries(values));
  return parsed.success
    ? { ok: true, value: parsed.output }
    : { ok: false, detail: explainIssue(parsed.issues[0]) };
}
