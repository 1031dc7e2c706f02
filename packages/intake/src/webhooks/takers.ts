/** What takes the webhooks of both providers, over the database. Without a secret every one is refused. */
import type { WebhookSecret } from '@tinyfat/core';
import { type Database, hasWebhookEvent, insertWebhookEvent } from '@tinyfat/database';
import type { TakeDeps } from './contract.ts';
import { postmarkTaker, resendTaker, type WebhookTaker } from './take-webhook.ts';

/** What webhooks prove themselves with, any of several; empty = none are taken. */
interface WebhookSecrets {
  resendSecrets: readonly WebhookSecret[];
  postmarkCredentials: readonly string[];
}

export function webhookTakers(
  { resendSecrets, postmarkCredentials }: WebhookSecrets,
  deps: Omit<TakeDeps, 'storeEvent' | 'hasEvent' | keyof WebhookSecrets> & { db: Database },
): { takeResend: WebhookTaker; takePostmark: WebhookTaker } {
  const { db } = deps;
  const take: TakeDeps = {
    ...deps,
    resendSecrets,
    postmarkCredentials,
    storeEvent: (event) => insertWebhookEvent(db, event),
    hasEvent: (id) => hasWebhookEvent(db, id),
  };
  return { takeResend: resendTaker(take), takePostmark: postmarkTaker(take) };
}
