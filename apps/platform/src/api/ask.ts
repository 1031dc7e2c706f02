/**
 * The API for our own pages: the same handlers, scopes and sight as over HTTP, without HTTP between. A page has no other
 * way to data, so that what an owner may see is decided in one place.
 */
import type { ByteReservation } from '@tinyfat/core';
import type * as v from 'valibot';
import type { Viewer } from '../accounts/contract.ts';
import type { RequestOrigin } from '../http/request-origin.ts';
import { type Outcome, refuse } from './answer.ts';
import { sessionOf } from './authenticate.ts';
import { bodyLimit } from './body.ts';
import { eventStreams, MOST_HELD } from './create-api.ts';
import type { ApiDeps } from './deps.ts';
import type { Endpoint } from './endpoint.ts';
import { ENDPOINTS } from './resources/index.ts';
import { type Fields, fieldTexts, type Route, type RouteFacts } from './route.ts';
import * as approvals from './routes/approvals.ts';
import * as views from './routes/mail-views.ts';
import { visibleTo } from './visible.ts';

/** What a route is asked with. Undefined parameters are not sent. */
export interface Given<P extends Fields, Q extends Fields, B> {
  params?: v.InferInput<P>;
  query?: v.InferInput<Q>;
  body?: B;
  /** Such as `if-match`. */
  headers?: Readonly<Record<string, string>>;
}

/** Asks a route for the viewer; gives the body that it declares, or a refusal. Rejects where the handler throws. */
export type Ask = <P extends Fields, Q extends Fields, B, A>(
  route: Route<P, Q, B, A>,
  given?: Given<P, Q, B>,
) => Promise<Outcome<A>>;

/** A request for a page, and who looks at it. */
export interface Asker {
  /** Null for nobody: every question is refused then. */
  viewer: Viewer | null;
  request: Request;
  from: RequestOrigin;
  /** Counts the bytes of the request in memory. */
  reservation: ByteReservation;
  /** The viewer is not signed in, and has opened the mailed link of this delivery: nothing else can be asked for. */
  byLinkTo?: string;
}

const BY_LINK: readonly RouteFacts[] = [
  approvals.getApproval,
  approvals.approveDelivery,
  approvals.rejectDelivery,
  views.getDeliveryHtml,
  views.getDeliveryPart,
];

/** Gives the pages of one request their way to the API. */
export type AskFor = (asker: Asker) => Ask;

const keyOf = ({ method, path }: Pick<RouteFacts, 'method' | 'path'>) => `${method} ${path}`;
/** By method and path: the pages are a bundle of their own, whose routes are other objects. */
const BY_KEY: ReadonlyMap<string, Endpoint> = new Map(ENDPOINTS.map((one) => [keyOf(one.route), one]));

const BY_LINK_KEYS: ReadonlySet<string> = new Set(BY_LINK.map(keyOf));

/** Makes it over what the API itself works with. */
export function createAsk(deps: ApiDeps): AskFor {
  // Pages never open a stream: their scripts do, over HTTP.
  const streams = eventStreams();
  return ({ viewer, request, from, reservation, byLinkTo }) => {
    let counted = false;
    const ask = async (
      route: RouteFacts,
      { params = {}, query = {}, body, headers = {} }: Given<Fields, Fields, unknown> = {},
    ): Promise<Outcome<unknown>> => {
      const endpoint = BY_KEY.get(keyOf(route));
      if (!endpoint) throw new Error(`no endpoint answers ${keyOf(route)}`);
      if (viewer === null) return refuse('not_signed_in');
      const principal = sessionOf(viewer);
      if (byLinkTo !== undefined) {
        if (!BY_LINK_KEYS.has(keyOf(route)) || params.id !== byLinkTo) return refuse('not_found');
        principal.byLink = true;
      }
      if (route.scope !== null && !principal.scopes.has(route.scope)) return refuse('scope_missing');
      const bytes = bytesOf(body);
      if (bytes.length > route.body.maxBytes) return refuse('body_too_large', bodyLimit(route.body));
      counted ||= reservation.join({ party: `owner ${viewer.address}`, most: MOST_HELD });
      if (!counted) return refuse('server_busy');
      const began = deps.clock();
      const outcome = await endpoint.handle({
        params: Object.fromEntries(fieldTexts(params)),
        query: new URLSearchParams(fieldTexts(query)),
        bytes,
        type: Object.keys(route.body.content)[0] ?? '',
        principal,
        see: visibleTo(deps.db, principal),
        deps,
        streams,
        request: new Request(request.url, { headers, signal: request.signal }),
        from,
        reservation,
      });
      deps.logger[route.method === 'GET' ? 'debug' : 'info']('page_api', {
        method: route.method,
        path: route.path,
        status: outcome.ok ? route.answer.status : outcome.status,
        client: from.clientAddress,
        ms: deps.clock() - began,
      });
      return outcome;
    };
    // The endpoint was made from the declaration with this method and path, so its body is what that declares.
    return ask as Ask;
  };
}

function bytesOf(body: unknown): Uint8Array {
  if (body === undefined || body === null) return new Uint8Array();
  if (body instanceof Uint8Array) return body;
  return new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body));
}
