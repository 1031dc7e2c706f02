/** `POST /webhooks/resend`: verified, stored, answered. What follows is the worker's. */
import { parseResendEvent, signatureMissing, verifySvix } from '@tinyfat/core';
import { boundedBodies } from './bounded-body.ts';
import type { TakeDeps, WebhookAnswer, WebhookRequest } from './contract.ts';
import { refuseWebhook, storeEvent } from './store-event.ts';

const MEGABYTE = 1024 * 1024;

/**
 * An event holds no mail: only who wrote to whom, and names of attachments. Strangers are read too, because the signature
 * is one of the body, so they get little room and little time.
 */
const ROOM = { provider: 'resend', maxBytes: MEGABYTE, heldBytes: 32 * MEGABYTE, readMs: 20_000 };

/** Makes the function that takes webhooks of Resend; it rejects never. */
export function resendTaker(deps: TakeDeps): (request: WebhookRequest) => Promise<WebhookAnswer> {
  const { resendSecrets, clock } = deps;
  const room = boundedBodies(ROOM);
  return async (request) => {
    if (resendSecrets.length === 0) {
      return refuseWebhook(deps, 'resend', {
        code: 'webhook_not_configured',
        reason: 'RESEND_WEBHOOK_SECRET is not set.',
      });
    }
    const missing = signatureMissing(request.headers);
    if (missing) return refuseWebhook(deps, 'resend', missing);
    const taken = await room.withBody(request, async (body) => {
      const verdict = await verifySvix({ headers: request.headers, body, now: clock() }, resendSecrets);
      if (!verdict.ok) return refuseWebhook(deps, 'resend', verdict);
      return await storeEvent(deps, 'resend', parseResendEvent(verdict.id, body));
    });
    return taken.ok ? taken.value : refuseWebhook(deps, 'resend', taken);
  };
}
