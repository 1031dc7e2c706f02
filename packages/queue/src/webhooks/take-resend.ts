/** `POST /webhooks/resend`: verified, stored, answered. What follows is the worker's. */
import { parseResendEvent, readBody, verifySvix } from '@tinyfat/core';
import type { TakePorts, WebhookAnswer, WebhookRequest } from './contract.ts';
import { refuseWebhook, storeNotice } from './store-notice.ts';

/** An event holds no mail: only who wrote to whom, and names of attachments. */
const MAX_BYTES = 1024 * 1024;

/** Takes one webhook of Resend. Rejects only when the connection breaks while it is read. */
export async function takeResendWebhook(ports: TakePorts, request: WebhookRequest): Promise<WebhookAnswer> {
  const { resendSecrets, clock } = ports;
  if (resendSecrets.length === 0) {
    return refuseWebhook(ports, 'resend', {
      code: 'webhook_not_configured',
      reason: 'RESEND_WEBHOOK_SECRET is not set.',
    });
  }
  const body = await readBody(request.body, MAX_BYTES);
  if (body === null) {
    return refuseWebhook(ports, 'resend', {
      code: 'webhook_too_large',
      reason: `It has more than ${MAX_BYTES} bytes.`,
    });
  }
  const verdict = await verifySvix({ headers: request.headers, body, now: clock() }, resendSecrets);
  if (!verdict.ok) return refuseWebhook(ports, 'resend', verdict);
  return await storeNotice(ports, 'resend', parseResendEvent(verdict.id, body));
}
