/** The frame of a transport over a provider's HTTP API: what is the same whoever the provider is. */
import type { Envelope, MailTransport, SendOutcome } from '@tinyfat/core';
import type { ProviderMessage } from './provider-message.ts';

/** Gives one message to the provider. Never rejects. */
export type Deliver = (message: ProviderMessage, idempotencyKey: string) => Promise<SendOutcome>;

export interface Provider {
  name: string;
  idempotent: boolean;
  /** How long it remembers a key, ms. */
  remembersMs?: number;
  /** Loads the provider's library; called at the first mail, and again after it failed. */
  connect(): Promise<Deliver>;
}

/** Sends nothing once it is closed, and refuses for good what cannot be put into parts. */
export function providerTransport({ name, idempotent, remembersMs, connect }: Provider): MailTransport {
  let connected: Promise<Loaded> | null = null;
  let closed = false;
  const open = new Set<Promise<SendOutcome>>();

  async function send(envelope: Envelope, raw: Uint8Array, idempotencyKey: string): Promise<SendOutcome> {
    if (closed) return { state: 'temporary', reason: `The way to ${name} is closed.` };
    let loaded: Loaded;
    try {
      connected ??= load(connect);
      loaded = await connected;
    } catch (error) {
      connected = null;
      return { state: 'temporary', reason: `The library for ${name} could not be loaded: ${String(error)}` };
    }
    const read = await loaded.readProviderMessage(envelope, raw);
    if (!read.ok) return { state: 'permanent', reason: read.reason };
    return await loaded.deliver(read.message, idempotencyKey);
  }

  return {
    name,
    idempotent,
    ...(remembersMs === undefined ? {} : { remembersMs }),
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

type Loaded = Awaited<ReturnType<typeof load>>;

/** The parser too is loaded at the first mail: the server starts without either. */
async function load(connect: Provider['connect']) {
  const { readProviderMessage } = await import('./provider-message.ts');
  return { readProviderMessage, deliver: await connect() };
}
