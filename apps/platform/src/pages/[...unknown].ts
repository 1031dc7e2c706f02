/** Every path that nothing else answers. It is a route, so that such requests pass through the middleware like all. */
import type { APIRoute } from 'astro';
import { problem } from '../http/problem.ts';

export const ALL: APIRoute = () => problem('not_found');
