/**
 * `GET /health/ready`: 200 when the server can take and do work, else 503 with what is wrong, by name. What is only a
 * warning changes nothing of that: a server whose relay is down still takes mail, and sends the answers later.
 */
import type { APIRoute } from 'astro';
import { readiness } from '../../operations/readiness.ts';

export const GET: APIRoute = async ({ locals }) => {
  const { ready, ...found } = await readiness(locals.backend);
  return Response.json({ status: ready ? 'ok' : 'not ready', ...found }, { status: ready ? 200 : 503 });
};
