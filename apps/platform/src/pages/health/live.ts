/** `GET /health/live`: the process answers. */
import type { APIRoute } from 'astro';

export const GET: APIRoute = () => Response.json({ status: 'ok' });
