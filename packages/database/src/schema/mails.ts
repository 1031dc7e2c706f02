/** Inbound mails. */
import type { MailState, MailVerdict } from '@tinyfat/core';
import type { Insertable, Selectable } from 'kysely';

export interface MailTables {
  mails: MailsTable;
}

export type { MailState, MailVerdict };

/** One inbound message for one agent. */
interface MailsTable {
  id: string;
  agent_id: string;
  received_at: number;
  /** The transport: `smtp`, `resend`, `postmark` or `email-routing`. */
  via: string;
  client_address: string | null;
  envelope_sender: string;
  envelope_recipient: string;
  /** Key in the raw mail store; several rows share it when a mail went to several agents. */
  raw_key: string;
  raw_bytes: number;
  /** Canonical address of the author; null when there is no usable one. */
  sender: string | null;
  /** The same without its plus-tag: a person is the same under every tag. */
  sender_base: string | null;
  sender_name: string;
  message_id: string;
  in_reply_to: string | null;
  /** Ids separated by blanks. */
  thread_references: string;
  /** First id of the thread: that of References, else In-Reply-To, else the mail's own. */
  thread: string;
  /**
   * JSON array of the other people on To and Cc, canonical, without our own agents; empty where the agent itself is
   * not named there.
   */
  others: string;
  /** Fingerprint of the DKIM signature that proved the sender; null where none did. */
  signature: string | null;
  /** Id of the secret address that let the sender in; null where none was needed. */
  secret_address: string | null;
  subject: string;
  sent_at: number | null;
  verdict: MailVerdict;
  /** A code of core's list. */
  reason_code: string;
  /** A sentence for the owner. */
  reason: string;
  /** AuthenticationEvidence as JSON. */
  evidence: string;
  /** How the sender was authenticated, in words. */
  authentication: string;
  state: MailState;
  state_reason: string;
  /** Id of the webhook event that reported the mail; null for mail over SMTP. */
  webhook_event: string | null;
  /** When retention removed the bytes behind `raw_key`; null while they are stored. */
  raw_removed_at: number | null;
  /** Id of the delivery that the owner rejected with this mail as note: its turn writes that one anew. Null for all other mail. */
  rewrites: string | null;
  /** Of such a note: id of the mail whose answer is written anew, and whose state follows that of the note. */
  answers_for: string | null;
}

export type Mail = Selectable<MailsTable>;
export type NewMail = Insertable<MailsTable>;
