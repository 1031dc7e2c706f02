/** The composition on Node: one process makes the backend and gives it with each request. */
import type { RequestContext } from '../contract.ts';

/** The context of one request, which `serveRequests` gave as `locals`. */
export async function requestContext(locals: Readonly<RequestContext>): Promise<RequestContext> {
  return { backend: locals.backend, origin: locals.origin, reservation: locals.reservation };
}
