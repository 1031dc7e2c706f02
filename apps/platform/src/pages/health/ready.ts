/** `GET /health/ready`: 200 when the server can take and do work, else 503 with what is wrong, by name. */
import type { APIRoute } from 'astro';
import { readiness } from '../../operations/readiness.ts';

export const GET: APIRoute = async ({ locals }) => {
  const { ready, checks } = await readiness(locals.backend.checks);
  return Response.json({ status: ready ? 'ok' : 'not ready', checks }, { status: ready ? 200 : 503 });
};
