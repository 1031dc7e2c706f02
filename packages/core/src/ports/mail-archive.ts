/** The mails that a provider has received for this server. */

/** The answer to one request; `retryAfterMs` is the shortest wait that the provider asked for. */
export type ProviderAnswer<Value> =
  | { ok: true; value: Value }
  | { ok: false; code: 'webhook_fetch_failed'; reason: string; retryAfterMs?: number };

/** One received mail with its bytes. */
export interface ArchivedMail {
  /** Those of the envelope where the provider has them, else those of the headers; as written. */
  recipients: string[];
  /** The author as written; null where not said. */
  from: string | null;
  raw: Uint8Array;
  /** Set where the message goes beyond the size limit and `raw` is only its beginning: its size in bytes, or more. */
  oversizeBytes?: number;
}

/** Some of the received mails, the newest first. */
export interface ArchivePage {
  /** `at`: epoch ms. */
  mails: { id: string; at: number }[];
  /** There are older ones. */
  more: boolean;
}

export interface MailArchive {
  /** One received mail. */
  fetch(mailId: string): Promise<ProviderAnswer<ArchivedMail>>;
  /** The mails before the one with this id, or the newest. */
  list(before: string | null): Promise<ProviderAnswer<ArchivePage>>;
  /** The Message-ID that a mail of ours went out with, with angle brackets; null where it is not known yet. */
  sentMessageId(mailId: string): Promise<ProviderAnswer<string | null>>;
}
