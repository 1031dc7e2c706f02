/** The frame of a transport over a provider's HTTP API: what is the same for every provider. */
import type { Envelope, MailTransport, SendOutcome } from '@tinyfat/core';
import { type ProviderMessage, readProviderMessage } from './provider-message.ts';

export interface Provider {
  name: string;
  idempotent: boolean;
  /** How long it remembers a key, ms. */
  remembersMs?: number;
  /** Gives one message to the provider. Never rejects. */
  deliver(message: ProviderMessage, idempotencyKey: string): Promise<SendOutcome>;
}

/** Sends nothing once it is closed, and refuses for good what cannot be put into parts. */
export function providerTransport({ deliver, ...provider }: Provider): MailTransport {
  let closed = false;
  const open = new Set<Promise<SendOutcome>>();

  async function send(envelope: Envelope, raw: Uint8Array, idempotencyKey: string): Promise<SendOutcome> {
    if (closed) return { state: 'temporary', reason: `The way to ${provider.name} is closed.` };
    const read = await readProviderMessage(envelope, raw);
    return read.ok
      ? await deliver(read.message, idempotencyKey)
      : { state: 'permanent', reason: read.reason };
  }

  return {
    ...provider,
    send(envelope, raw, idempotencyKey) {
      const sending = send(envelope, raw, idempotencyKey);
      open.add(sending);
      return sending.finally(() => open.delete(sending));
    },
    async close() {
      closed = true;
      await Promise.allSettled(open);
    },
  };
}
