/**
 * Bodies of webhooks. Invariants: the bodies of one provider together never reserve more bytes than its share, and none is
 * read for longer than it may, however many senders send how slowly.
 */
import { readBody } from '@tinyfat/core';
import type { WebhookRequest } from './contract.ts';

/** Sizes in bytes, times in ms. */
export interface BodyLimits {
  /** The provider: names its share of the byte budget. */
  provider: string;
  /** Of one body. */
  maxBytes: number;
  /** Of all bodies of the provider that are being worked on. */
  shareBytes: number;
  /** For one body to come. */
  readMs: number;
}

type BodyOutcome =
  | { ok: true; bytes: Uint8Array }
  | { ok: false; code: 'webhook_too_large' | 'webhook_busy' | 'webhook_incomplete'; reason: string };

/** Reads a body to its end. Never rejects. */
export async function readWebhookBody(
  { headers, body, reservation }: WebhookRequest,
  { provider, maxBytes, shareBytes, readMs }: BodyLimits,
): Promise<BodyOutcome> {
  const tooLarge = refusal('webhook_too_large', `It has more than ${maxBytes} bytes.`);
  const busy = refusal('webhook_busy', 'Other bodies have used up the byte budget.');
  if (Number(headers.get('content-length')) > maxBytes) return tooLarge;
  if (!reservation.join({ party: `webhooks ${provider}`, most: shareBytes })) return busy;
  const read = await readBody(body, { maxBytes, readMs, reservation });
  if (read.ok) return read;
  switch (read.why) {
    case 'too_large':
      return tooLarge;
    case 'busy':
      return busy;
    case 'late':
      return refusal('webhook_incomplete', `It did not come within ${readMs} ms.`);
    case 'broken':
      return refusal('webhook_incomplete', 'Its connection broke.');
  }
}

function refusal(code: Extract<BodyOutcome, { ok: false }>['code'], reason: string): BodyOutcome {
  return { ok: false, code, reason };
}
