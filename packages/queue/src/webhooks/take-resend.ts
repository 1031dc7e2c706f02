/** `POST /webhooks/resend`: verified, stored, answered. What follows is the worker's. */
import { parseResendEvent, signatureMissing, verifySvix } from '@tinyfat/core';
import { bodyRoom } from './body-room.ts';
import type { TakePorts, WebhookAnswer, WebhookRequest } from './contract.ts';
import { refuseWebhook, storeNotice } from './store-notice.ts';

const MEGABYTE = 1024 * 1024;

/**
 * An event holds no mail: only who wrote to whom, and names of attachments. Strangers are read too, because the signature
 * is one of the body, so they get little room and little time.
 */
const ROOM = { provider: 'resend', maxBytes: MEGABYTE, heldBytes: 32 * MEGABYTE, readMs: 20_000 };

/** Makes the function that takes webhooks of Resend; it rejects never. */
export function resendTaker(ports: TakePorts): (request: WebhookRequest) => Promise<WebhookAnswer> {
  const { resendSecrets, clock } = ports;
  const room = bodyRoom(ROOM);
  return async (request) => {
    if (resendSecrets.length === 0) {
      return refuseWebhook(ports, 'resend', {
        code: 'webhook_not_configured',
        reason: 'RESEND_WEBHOOK_SECRET is not set.',
      });
    }
    const missing = signatureMissing(request.headers);
    if (missing) return refuseWebhook(ports, 'resend', missing);
    const taken = await room.withBody(request, async (body) => {
      const verdict = await verifySvix({ headers: request.headers, body, now: clock() }, resendSecrets);
      if (!verdict.ok) return refuseWebhook(ports, 'resend', verdict);
      return await storeNotice(ports, 'resend', parseResendEvent(verdict.id, body));
    });
    return taken.ok ? taken.value : refuseWebhook(ports, 'resend', taken);
  };
}
