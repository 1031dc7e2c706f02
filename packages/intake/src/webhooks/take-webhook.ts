/** `POST /webhooks/resend` and `/webhooks/postmark`: verified, stored, answered. The worker does the rest. */
import {
  parsePostmarkWebhook,
  parseResendEvent,
  signatureMissing,
  verifyBasicAuth,
  verifySvix,
} from '@tinyfat/core';
import type { TakeDeps, WebhookAnswer, WebhookRequest } from './contract.ts';
import { readWebhookBody } from './read-webhook-body.ts';
import { refuseWebhook, storeEvent } from './store-event.ts';

const MEGABYTE = 1024 * 1024;

/**
 * A mail of 35 MB stands in Postmark's JSON twice: as the message, and its files once more. The share holds one of the
 * largest and some usual ones: each takes its bytes several times over while it is parsed. Postmark waits two minutes for an
 * answer.
 */
const POSTMARK_BYTES = { maxBytes: 72 * MEGABYTE, shareBytes: 80 * MEGABYTE };
const POSTMARK_LIMITS = { provider: 'postmark', readMs: 110_000 };

/**
 * Resend's events hold no mail, only addresses and names of attachments. Bodies of strangers are read as well, because the
 * signature is one of the body, so their share and time are small.
 */
const RESEND_LIMITS = { provider: 'resend', maxBytes: MEGABYTE, shareBytes: 32 * MEGABYTE, readMs: 20_000 };

/** Takes a webhook; never rejects. */
export type WebhookTaker = (request: WebhookRequest) => Promise<WebhookAnswer>;

/** Makes the function that takes webhooks of Postmark; a stranger's body is not read at all. */
export function postmarkTaker(deps: TakeDeps): WebhookTaker {
  const { postmarkCredentials, postmarkBytes = POSTMARK_BYTES } = deps;
  return async (request) => {
    if (postmarkCredentials.length === 0) {
      return refuseWebhook(deps, 'postmark', {
        code: 'webhook_not_configured',
        reason: 'POSTMARK_WEBHOOK_AUTH is not set.',
      });
    }
    if (!(await verifyBasicAuth(request.headers, postmarkCredentials))) {
      return refuseWebhook(deps, 'postmark', {
        code: 'webhook_unauthorized',
        reason: request.headers.has('authorization')
          ? 'User and password are none of those that are set.'
          : 'It has no Authorization header.',
      });
    }
    const body = await readWebhookBody(request, { ...POSTMARK_LIMITS, ...postmarkBytes });
    if (!body.ok) return refuseWebhook(deps, 'postmark', body);
    return await storeEvent(deps, 'postmark', await parsePostmarkWebhook(body.bytes));
  };
}

/** Makes the function that takes webhooks of Resend. */
export function resendTaker(deps: TakeDeps): WebhookTaker {
  const { resendSecrets, clock } = deps;
  return async (request) => {
    const { headers } = request;
    if (resendSecrets.length === 0) {
      return refuseWebhook(deps, 'resend', {
        code: 'webhook_not_configured',
        reason: 'RESEND_WEBHOOK_SECRET is not set.',
      });
    }
    const missing = signatureMissing(headers);
    if (missing) return refuseWebhook(deps, 'resend', missing);
    const body = await readWebhookBody(request, RESEND_LIMITS);
    if (!body.ok) return refuseWebhook(deps, 'resend', body);
    const verdict = await verifySvix({ headers, body: body.bytes, now: clock() }, resendSecrets);
    if (!verdict.ok) return refuseWebhook(deps, 'resend', verdict);
    return await storeEvent(deps, 'resend', parseResendEvent(verdict.id, body.bytes));
  };
}
