/** `/api/v1/…`: the API, whatever the method. */
import type { APIRoute } from 'astro';

export const ALL: APIRoute = ({ locals, request }) => locals.backend.api(request, locals.origin, locals.held);
