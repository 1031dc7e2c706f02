/** The JSON API: finds the route, authenticates, checks, answers. Uses web standards and nothing of a runtime. */
import { type ByteReservation, readBody } from '@tinyfat/core';
import { Hono } from 'hono';
import { problem, problemOf } from '../http/problem.ts';
import type { RequestOrigin } from '../http/request-origin.ts';
import { type Semaphore, semaphore } from '../http/semaphore.ts';
import { BODY_TIMES, bodyCode, bodyHeaders } from '../http/unread-body.ts';
import { type Refusal, refuse } from './answer.ts';
import { type Authenticated, authenticate } from './authenticate.ts';
import { bodyLimit } from './body.ts';
import type { ApiDeps } from './deps.ts';
import type { Endpoint, RawCall } from './endpoint.ts';
import type { Principal } from './principal.ts';
import { ENDPOINTS } from './resources/index.ts';
import type { RouteFacts } from './route.ts';
import { visibleTo } from './visible.ts';

/** Streams of events that are open at once; of one owner, and of all. */
const MOST_STREAMS = { ofOne: 20, ofAll: 500 };
/** Bytes of bodies and answers that the requests of one owner may have in memory, pages included. */
export const MOST_HELD = 48 * 1024 * 1024;

export const API_PREFIX = '/api/v1';

/** Answers one request below `/api/v1`; `reservation` counts what it has in memory. Never rejects. */
export type Api = (request: Request, from: RequestOrigin, reservation: ByteReservation) => Promise<Response>;

/** Counts the event streams that are open at once. */
export function eventStreams(): Semaphore {
  return semaphore(MOST_STREAMS);
}

/** Makes the API. With a `principal` every request is made by that one, whatever its credentials. */
export function createApi(deps: ApiDeps, principal?: Principal): Api {
  const app = new Hono<{ Bindings: Pick<RawCall, 'from' | 'reservation'> }>().basePath(API_PREFIX);
  const serving: ServeDeps = { deps, principal, streams: deps.streams?.open ?? eventStreams() };
  const methods = new Map<string, string[]>();
  for (const endpoint of ENDPOINTS) {
    const { method, path } = endpoint.route;
    const pattern = honoPath(path);
    methods.set(pattern, [...(methods.get(pattern) ?? []), method]);
    app.on(method, pattern, (context) =>
      serve(serving, endpoint, {
        request: context.req.raw,
        params: context.req.param(),
        from: context.env.from,
        reservation: context.env.reservation,
      }),
    );
  }
  for (const [pattern, known] of methods) {
    const allow = [...known, ...(known.includes('GET') ? ['HEAD'] : [])].sort().join(', ');
    app.all(pattern, () => problem('method_not_allowed', undefined, { allow }));
  }
  app.notFound(() => problem('not_found', 'There is no such path in this API; see openapi.yaml.'));
  app.onError((error) => {
    if (deps.onFault) deps.onFault(error);
    else deps.logger.error('api_fault', { error: error.message, stack: error.stack?.slice(0, 2000) });
    return problem('server_fault');
  });
  return async (request, from, reservation) => await app.fetch(request, { from, reservation });
}

interface ServeDeps {
  deps: ApiDeps;
  /** Who makes every request; undefined where each is authenticated. */
  principal: Principal | undefined;
  streams: Semaphore;
}

type Arrived = Pick<RawCall, 'request' | 'params' | 'from' | 'reservation'>;

async function serve(serving: ServeDeps, endpoint: Endpoint, arrived: Arrived): Promise<Response> {
  const { deps } = serving;
  const { route } = endpoint;
  const began = deps.clock();
  const who: Authenticated = serving.principal
    ? { ok: true, principal: serving.principal }
    : await authenticate(deps, arrived.request.headers);
  const answer = who.ok ? await admit(serving, endpoint, arrived, who.principal) : who;
  const response = answer instanceof Response ? answer : toResponse(answer);
  // Hono leaves the body of an answer to HEAD as it is; a file would stay open.
  if (arrived.request.method === 'HEAD') await response.body?.cancel();
  deps.logger[route.method === 'GET' ? 'debug' : 'info']('api', {
    method: route.method,
    path: route.path,
    status: response.status,
    by: who.ok ? nameOf(who.principal) : null,
    client: arrived.from.clientAddress,
    ms: deps.clock() - began,
  });
  return response;
}

async function admit(
  { deps, streams }: ServeDeps,
  { route, run }: Endpoint,
  { request, params, from, reservation }: Arrived,
  principal: Principal,
): Promise<Response | Refusal> {
  if (route.scope !== null && !principal.scopes.has(route.scope)) {
    return refuse('scope_missing', `The scope ${route.scope} is needed.`);
  }
  if (!reservation.join({ party: `owner ${principal.owner ?? ''}`, most: MOST_HELD }))
    return unread('busy', route);
  const read = await readBody(request.body, { maxBytes: route.body.maxBytes, reservation, ...BODY_TIMES });
  if (!read.ok) return unread(read.why, route);
  const { bytes } = read;
  const see = visibleTo(deps.db, principal);
  const query = new URL(request.url).searchParams;
  const type = mediaType(request);
  return await run({ params, query, bytes, type, principal, see, deps, streams, request, from, reservation });
}

function mediaType(request: Request): string {
  const [type = ''] = (request.headers.get('content-type') ?? '').split(';');
  return type.trim().toLowerCase();
}

function unread(why: Parameters<typeof bodyCode>[0], { body }: RouteFacts): Refusal {
  const code = bodyCode(why);
  return refuse(code, why === 'too_large' ? bodyLimit(body) : undefined, bodyHeaders(code));
}

function toResponse({ code, status, detail, headers, nextStep }: Refusal): Response {
  return problemOf(code, status, detail, headers, nextStep);
}

/** For the log: no address, and of a token only its id. */
function nameOf(principal: Principal): string {
  return principal.kind === 'token' ? `token ${principal.tokenId}` : principal.kind;
}

/** `{name}` of OpenAPI as Hono writes it; the last one of a path of files takes slashes, too. */
function honoPath(path: string): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) =>
    name === 'path' || name === 'file' ? `:${name}{.+}` : `:${name}`,
  );
}
