/** What the Worker is given: bindings by the names of `apps/cli/src/cloudflare/worker-configs.ts`; settings are its variables. */
import type { KeyStore } from '@tinyfat/database';
import type { WakeQueue } from '@tinyfat/jobs';
import type { MailBinding } from '@tinyfat/mail/isolate';
import type { R2Binding } from '@tinyfat/storage';

export interface PlatformBindings {
  /** The files that the build made for browsers. */
  ASSETS: { fetch(request: Request): Promise<Response> };
  DATA: R2Binding<ReadableStream<Uint8Array>>;
  HYPERDRIVE: { connectionString: string };
  /** The Worker that parses mail. */
  MAIL: MailBinding;
  /** The Worker that has the master keys. */
  KEYS: KeyStore;
  JOBS: WakeQueue;
  TASKS: WakeQueue;
}

/** What of the invocation's context is used. */
export interface InvocationContext {
  /** Keeps the invocation until the promise has settled, for half a minute after the answer at most. */
  waitUntil(promise: Promise<unknown>): void;
}
