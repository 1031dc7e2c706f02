/** `/api/v1/…`: the API, for all methods. */
import type { APIRoute } from 'astro';

export const ALL: APIRoute = ({ locals, request }) =>
  locals.backend.api(request, locals.origin, locals.reservation);
