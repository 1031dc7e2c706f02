/** `POST /webhooks/postmark`: verified, stored with the message in it, answered. What follows is the worker's. */
import { parsePostmarkWebhook, verifyBasicAuth } from '@tinyfat/core';
import { boundedBodies } from './bounded-body.ts';
import type { TakeDeps, WebhookAnswer, WebhookRequest } from './contract.ts';
import { refuseWebhook, storeEvent } from './store-event.ts';

const MEGABYTE = 1024 * 1024;

/**
 * Postmark takes mails of 35 MB, which stand in the JSON twice: as the message, and its files once more. There is room for
 * one of the largest and some of the usual ones: each needs its bytes several times over while it is parsed. Postmark waits
 * two minutes for an answer.
 */
const ROOM = { provider: 'postmark', maxBytes: 72 * MEGABYTE, heldBytes: 80 * MEGABYTE, readMs: 110_000 };

/** Makes the function that takes webhooks of Postmark; a stranger's is not read at all. It rejects never. */
export function postmarkTaker(deps: TakeDeps): (request: WebhookRequest) => Promise<WebhookAnswer> {
  const { postmarkCredentials } = deps;
  const room = boundedBodies(ROOM);
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
    const taken = await room.withBody(
      request,
      async (body) => await storeEvent(deps, 'postmark', await parsePostmarkWebhook(body)),
    );
    return taken.ok ? taken.value : refuseWebhook(deps, 'postmark', taken);
  };
}
