/**
 * Bodies of webhooks while they are read and worked on. Invariants: the bodies of a room together never hold more bytes
 * than it has, and none stays for longer than it may, whoever sends how much how slowly.
 */
import { joinBytes } from '@tinyfat/core';
import type { WebhookRequest } from './contract.ts';

/** Sizes in bytes, times in ms. */
export interface BodyRoomOptions {
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

export interface BodyRoom {
  /** Reads the body to its end, hands it on, and holds its bytes until that is over. Rejects as `use` does. */
  withBody<Value>(
    request: WebhookRequest,
    use: (body: Uint8Array) => Promise<Value>,
  ): Promise<{ ok: true; value: Value } | BodyRefusal>;
}

/** A room for the bodies of one provider. */
export function bodyRoom({ maxBytes, heldBytes, readMs }: BodyRoomOptions): BodyRoom {
  let held = 0;
  const tooLarge = refusal('webhook_too_large', `It has more than ${maxBytes} bytes.`);

  return {
    async withBody(request, use) {
      // What is announced as too large is not read at all.
      if (Number(request.headers.get('content-length')) > maxBytes) return tooLarge;
      let mine = 0;
      const take = (bytes: number): BodyRefusal | null => {
        if (mine + bytes > maxBytes) return tooLarge;
        if (held + bytes > heldBytes) return refusal('webhook_busy', `${held} bytes are held already.`);
        held += bytes;
        mine += bytes;
        return null;
      };
      try {
        const read = await readBody(request.body, take, readMs);
        return read.ok ? { ok: true, value: await use(read.body) } : read;
      } finally {
        held -= mine;
      }
    },
  };
}

type ReadBody = { ok: true; body: Uint8Array } | BodyRefusal;

async function readBody(
  body: WebhookRequest['body'],
  take: (bytes: number) => BodyRefusal | null,
  readMs: number,
): Promise<ReadBody> {
  if (body === null) return { ok: true, body: new Uint8Array() };
  if (body instanceof Uint8Array) return take(body.length) ?? { ok: true, body };
  const reader = body.getReader();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), readMs);
  });
  const chunks: Uint8Array[] = [];
  const stop = (why: BodyRefusal): BodyRefusal => {
    // Not waited for: what can't be read may not be cancelled in time either.
    void reader.cancel().catch(() => undefined);
    return why;
  };
  try {
    for (;;) {
      const next = await Promise.race([reader.read(), late]);
      if (next === 'late') return stop(refusal('webhook_incomplete', `It did not come within ${readMs} ms.`));
      if (next.done) return { ok: true, body: joinBytes(chunks) };
      const refused = take(next.value.length);
      if (refused) return stop(refused);
      chunks.push(next.value);
    }
  } catch {
    return refusal('webhook_incomplete', 'Its connection broke.');
  } finally {
    clearTimeout(timer);
  }
}

function refusal(code: BodyRefusal['code'], reason: string): BodyRefusal {
  return { ok: false, code, reason };
}
