/** The routes of the providers' webhooks. */
import type { APIRoute } from 'astro';
import type { WebhookTakers } from '../contract.ts';
import { problemOf } from './problem.ts';

/** Hands the request to the backend. A refused one may not have been read to its end: its connection is closed. */
export function webhookRoute(take: keyof WebhookTakers): APIRoute {
  return async ({ locals: { backend, reservation }, request: { headers, body } }) => {
    const { status, code, reason } = await backend.webhooks[take]({ headers, body, reservation });
    if (code === null) return Response.json({ status: 'ok' }, { status });
    const again: Record<string, string> = status === 503 ? { 'retry-after': '30' } : {};
    return problemOf(code, status, reason ?? undefined, { connection: 'close', ...again });
  };
}
