/**
 * Bodies of webhooks while they are read and worked on. Invariants: the bodies of one provider together never hold more
 * bytes than its share, and none stays for longer than it may, whoever sends how much how slowly.
 */
import { readBody } from '@tinyfat/core';
import type { WebhookRequest } from './contract.ts';

/** Sizes in bytes, times in ms. */
export interface BoundedBodiesOptions {
  /** The provider: names its share of the budget. */
  provider: string;
  /** Of one body. */
  maxBytes: number;
  /** Of all bodies that are held at once. */
  heldBytes: number;
  /** For one body to come. */
  readMs: number;
}

export type BodyRefusal = {
  ok: false;
  code: 'webhook_too_large' | 'webhook_busy' | 'webhook_incomplete';
  reason: string;
};

export interface BoundedBodies {
  /**
   * Reads the body to its end and hands it on. Its bytes are counted in `request.held`, which the one who opened it
   * releases. Rejects as `use` does.
   */
  withBody<Value>(
    request: WebhookRequest,
    use: (body: Uint8Array) => Promise<Value>,
  ): Promise<{ ok: true; value: Value } | BodyRefusal>;
}

/** A room for the bodies of one provider. */
export function boundedBodies({
  provider,
  maxBytes,
  heldBytes,
  readMs,
}: BoundedBodiesOptions): BoundedBodies {
  const tooLarge = refusal('webhook_too_large', `It has more than ${maxBytes} bytes.`);
  const busy = refusal('webhook_busy', 'Other bodies have all the room that there is.');

  return {
    async withBody({ headers, body, held }, use) {
      // What is announced as too large is not read at all.
      if (Number(headers.get('content-length')) > maxBytes) return tooLarge;
      if (!held.join({ party: `webhooks ${provider}`, most: heldBytes })) return busy;
      const read = await readBody(body, { maxBytes, readMs, held });
      if (read.ok) return { ok: true, value: await use(read.bytes) };
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
    },
  };
}

function refusal(code: BodyRefusal['code'], reason: string): BodyRefusal {
  return { ok: false, code, reason };
}
