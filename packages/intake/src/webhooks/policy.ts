/** What is fixed of the work on webhook events, wherever it is done. */
import type { WebhookDeps } from './contract.ts';

/** How often Resend's list of received mails is read, ms. */
export const RECONCILE_MS = 5 * 60_000;

/** Waits between tries, without end: each event knows for how long it is tried. And what is read of a mail that is too large. */
export function webhookPolicy(retryBaseMs: number): Pick<WebhookDeps, 'backoff' | 'oversizeBytes'> {
  return {
    backoff: { baseMs: retryBaseMs, capMs: 60 * 60_000, maxAttempts: Number.POSITIVE_INFINITY },
    oversizeBytes: 64 * 1024,
  };
}
