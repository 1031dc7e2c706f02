/** The composition on Node: the process that holds everything hands it over with each request. */
import type { RequestParts } from './contract.ts';

/** The parts of one request. `locals` are those that `startHttpServer` gave to the handler. */
export async function requestParts(locals: Readonly<RequestParts>): Promise<RequestParts> {
  return { backend: locals.backend, origin: locals.origin };
}
