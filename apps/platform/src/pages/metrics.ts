/** `GET /metrics` for Prometheus: for programs on this machine that come without a proxy. */
import type { APIRoute } from 'astro';
import { problem } from '../http/problem.ts';

export const GET: APIRoute = async ({ locals }) => {
  if (!locals.origin.local) return problem('not_found');
  const { metrics } = locals.backend;
  return new Response(await metrics.render(), { headers: { 'content-type': metrics.contentType } });
};
