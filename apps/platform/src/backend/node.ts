/** The composition on Node: the process that holds everything hands it over with each request. */
import type { RequestParts } from '../contract.ts';

/** The parts of one request. `locals` are those that `serveRequests` gave with the request. */
export async function requestParts(locals: Readonly<RequestParts>): Promise<RequestParts> {
  return { backend: locals.backend, origin: locals.origin, held: locals.held };
}
