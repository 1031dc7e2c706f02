/** The routes of the providers' webhooks. */
import type { ByteReservation, ErrorCode } from '@tinyfat/core';
import type { APIRoute } from 'astro';
import { problemOf } from './problem.ts';

/** Takes the webhooks of mail providers; answers 200 only once the event is stored. */
export interface WebhookTakers {
  takeResend(request: WebhookRequest): Promise<WebhookAnswer>;
  takePostmark(request: WebhookRequest): Promise<WebhookAnswer>;
}

/** A webhook as it came; `reservation` counts the bytes of its body. */
export interface WebhookRequest {
  headers: Headers;
  body: ReadableStream<Uint8Array> | null;
  reservation: ByteReservation;
}

/** What a provider is answered; `code` and `reason` are null where all is well. */
export interface WebhookAnswer {
  status: number;
  code: ErrorCode | null;
  reason: string | null;
}

/** Hands the request to the backend. A refused one may not have been read to its end: its connection is closed. */
export function webhookRoute(take: keyof WebhookTakers): APIRoute {
  return async ({ locals: { backend, reservation }, request: { headers, body } }) => {
    const { status, code, reason } = await backend.webhooks[take]({ headers, body, reservation });
    if (code === null) return Response.json({ status: 'ok' }, { status });
    const again: Record<string, string> = status === 503 ? { 'retry-after': '30' } : {};
    return problemOf(code, status, reason ?? undefined, { connection: 'close', ...again });
  };
}
