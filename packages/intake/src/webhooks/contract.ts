/** Mail and news of it that providers tell by webhook: what is taken, what is worked on, and what that needs. */
import type {
  BackoffPolicy,
  Clock,
  ErrorCode,
  HeldBytes,
  Logger,
  MailArchive,
  MakeId,
  RawMailStore,
  SmtpReply,
  WakeUp,
  WebhookSecret,
} from '@tinyfat/core';
import type { Database, NewWebhookEvent } from '@tinyfat/database';
import type { ReceivedMessage } from '../contract.ts';

/** What the functions that take a webhook read of a request. */
export interface WebhookRequest {
  headers: Headers;
  /** Read only where the headers allow it, to the limit and no further. */
  body: ReadableStream<Uint8Array> | Uint8Array | null;
  /** Where the bytes of the body are counted; released by the one who opened it, once the answer has gone. */
  held: HeldBytes;
}

/** The HTTP answer. `code` and `reason` are null where all is well; nothing in them is secret. */
export interface WebhookAnswer {
  status: number;
  code: ErrorCode | null;
  reason: string | null;
}

/** What taking a webhook needs. No part of it is Node's: it can be an HTTP handler anywhere. */
export interface TakeDeps {
  clock: Clock;
  makeId: MakeId;
  logger: Logger;
  /** Any of them will do, so that they can be changed without a gap; empty = no such webhook is expected. */
  resendSecrets: readonly WebhookSecret[];
  /** `user:password`, likewise. */
  postmarkCredentials: readonly string[];
  rawMail: Pick<RawMailStore, 'put' | 'remove'>;
  /** Durable when it resolves; false where the event, or the mail that came in, is stored already. */
  storeEvent(event: NewWebhookEvent): Promise<boolean>;
  /** Whether the event with our id is stored. */
  hasEvent(id: string): Promise<boolean>;
  wakeUp: WakeUp;
}

/** What working on events needs. */
export interface WebhookDeps {
  db: Database;
  clock: Clock;
  random: () => number;
  logger: Logger;
  mailDomain: string;
  rawMail: Pick<RawMailStore, 'get' | 'remove'>;
  /** The door (`receive`). */
  receive(message: ReceivedMessage): Promise<SmtpReply>;
  /** The envelope sender that the bytes tell: empty for the null path, null where they don't. */
  returnPath(raw: Uint8Array): string | null;
  /** Bytes of one message; of a larger one only `keptBytes` go to the door. */
  maxMessageBytes: number;
  keptBytes: number;
  /** Where Resend's mails are asked for; null where Resend tells us nothing. */
  resend: MailArchive | null;
  backoff: BackoffPolicy;
  wakeUp: WakeUp;
}

/** What reading a provider's list needs. */
export interface ReconcilerDeps {
  db: Database;
  clock: Clock;
  makeId: MakeId;
  logger: Logger;
  archive: MailArchive;
  /** Times in ms. */
  everyMs: number;
  /** First wait after a failure; doubles up to `everyMs`. */
  retryMs: number;
  wakeUp: WakeUp;
}

/** What became of one try. `again`: until so many ms after it was told, then it ends as `atEnd` says. */
export type EventOutcome =
  | { state: 'done'; code: ErrorCode | null; reason: string | null }
  | { state: 'failed'; code: ErrorCode; reason: string }
  | {
      state: 'again';
      code: ErrorCode;
      reason: string;
      forMs: number;
      atEnd: 'done' | 'failed';
      retryAfterMs?: number;
    };
