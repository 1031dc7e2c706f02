/** Providers' webhooks: what taking, working on and reconciling their events needs. */
import type {
  BackoffPolicy,
  ByteReservation,
  Clock,
  ErrorCode,
  Logger,
  MailArchive,
  MakeId,
  RawMailStore,
  SmtpReply,
  WakeUp,
  WebhookSecret,
} from '@tinyfat/core';
import type { Database, LeaseDeps, NewWebhookEvent } from '@tinyfat/database';
import type { ReceivedMessage } from '../contract.ts';

/** A webhook as it came. */
export interface WebhookRequest {
  headers: Headers;
  /** Read only where the headers allow it, to the limit and no further. */
  body: ReadableStream<Uint8Array> | Uint8Array | null;
  /** Counts the bytes of the body; its owner releases it once the answer was sent. */
  reservation: ByteReservation;
}

/** The HTTP answer. `code` and `reason` are null where the event was taken; nothing in them is secret. */
export interface WebhookAnswer {
  status: number;
  code: ErrorCode | null;
  reason: string | null;
}

export interface TakeDeps {
  clock: Clock;
  makeId: MakeId;
  logger: Logger;
  /** Each is accepted, so that they can be changed without a gap; empty where no such webhook is expected. */
  resendSecrets: readonly WebhookSecret[];
  /** `user:password`; likewise. */
  postmarkCredentials: readonly string[];
  /** Of one body of Postmark, and of all in work; absent: as much as a server holds. */
  postmarkBytes?: { maxBytes: number; shareBytes: number };
  rawMail: Pick<RawMailStore, 'put' | 'remove'>;
  /** Durable when it resolves; false where the event or its mail is stored already. */
  storeEvent(event: NewWebhookEvent): Promise<boolean>;
  /** Whether the event with our id is stored. */
  hasEvent(id: string): Promise<boolean>;
  wakeUp: WakeUp;
}

export interface WebhookDeps extends LeaseDeps {
  random: () => number;
  logger: Logger;
  mailDomain: string;
  rawMail: Pick<RawMailStore, 'get' | 'remove'>;
  receive(message: ReceivedMessage): Promise<SmtpReply>;
  /** The envelope sender by the Return-Path of the message: empty for the null path, null where there is none. */
  returnPath(raw: Uint8Array): string | null;
  /** Bytes of one message; of a larger one only the first `oversizeBytes` are received. */
  maxMessageBytes: number;
  oversizeBytes: number;
  /** Resend's received mails; null where Resend is not set up. */
  resend: MailArchive | null;
  backoff: BackoffPolicy;
  wakeUp: WakeUp;
}

/** One reading of Resend's list. */
export interface ReconcileDeps {
  db: Database;
  clock: Clock;
  makeId: MakeId;
  logger: Logger;
  archive: MailArchive;
  wakeUp: WakeUp;
}

/** Readings again and again; times in ms. */
export interface ReconcilerDeps extends ReconcileDeps {
  everyMs: number;
  /** First wait after a failure; doubles up to `everyMs`. */
  retryMs: number;
}

/** The outcome of one attempt. `again`: until `forMs` after the event came, then it ends as `atEnd`. */
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
