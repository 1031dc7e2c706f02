/** What a provider reads after its webhook. */
import type { WebhookAnswer } from '../contract.ts';
import { problemOf } from './problem.ts';

/** The answer over HTTP. One that was refused may not have been read to its end, so its connection is not used again. */
export function webhookAnswer({ status, code, reason }: WebhookAnswer): Response {
  if (code === null) return Response.json({ status: 'ok' }, { status });
  const again: Record<string, string> = status === 503 ? { 'retry-after': '30' } : {};
  return problemOf(code, status, reason ?? undefined, { connection: 'close', ...again });
}
