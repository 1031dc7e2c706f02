/** `POST /webhooks/postmark`: verified, stored with the message in it, answered. What follows is the worker's. */
import { parsePostmarkWebhook, readBody, verifyBasicAuth } from '@tinyfat/core';
import type { TakePorts, WebhookAnswer, WebhookRequest } from './contract.ts';
import { refuseWebhook, storeNotice } from './store-notice.ts';

/** Postmark takes mails of 35 MB, which stand in the JSON more than once. */
const MAX_BYTES = 50 * 1024 * 1024;

/**
 * Takes one webhook of Postmark; a stranger's is not read at all. Rejects only when the connection breaks while it is
 * read.
 */
export async function takePostmarkWebhook(ports: TakePorts, request: WebhookRequest): Promise<WebhookAnswer> {
  const { postmarkCredentials } = ports;
  if (postmarkCredentials.length === 0) {
    return refuseWebhook(ports, 'postmark', {
      code: 'webhook_not_configured',
      reason: 'POSTMARK_WEBHOOK_AUTH is not set.',
    });
  }
  if (!(await verifyBasicAuth(request.headers, postmarkCredentials))) {
    return refuseWebhook(ports, 'postmark', {
      code: 'webhook_unauthorized',
      reason: request.headers.has('authorization')
        ? 'User and password are none of those that are set.'
        : 'It has no Authorization header.',
    });
  }
  const body = await readBody(request.body, MAX_BYTES);
  if (body === null) {
    return refuseWebhook(ports, 'postmark', {
      code: 'webhook_too_large',
      reason: `It has more than ${MAX_BYTES} bytes.`,
    });
  }
  return await storeNotice(ports, 'postmark', await parsePostmarkWebhook(body));
}
