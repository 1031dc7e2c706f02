/** Messages as a transport received them, and what became of them. */
import type { ClientConnection } from '@tinyfat/core';
import type { MailVerdict } from '@tinyfat/database';

/** One message as a transport took it. */
export interface ReceivedMessage {
  /** The way in: `smtp`, `resend` or `postmark`. */
  via: string;
  client: ClientConnection;
  /** Empty for the null reverse-path. */
  envelopeSender: string;
  /**
   * Nobody told the envelope sender, and `envelopeSender` is the author's address for the record: it proves nothing
   * about who brought the mail.
   */
  envelopeGuessed?: true;
  /** Id of the webhook event that told of it. */
  webhookEvent?: string;
  envelopeRecipients: readonly string[];
  raw: Uint8Array;
  /** Set where the message went beyond the size limit and `raw` is only its beginning: its size in bytes. */
  oversizeBytes?: number;
}

/** What became of one mail at enqueue. */
export interface Arrival {
  mailId: string;
  /** The verdict that was written: copies and limits may have changed that of the door. */
  verdict: MailVerdict;
  /** A code of core's list. */
  code: string;
  /** A job was made. */
  queued: boolean;
}

/** What became of a mail that the owner wants to let in. */
export type Release = 'queued' | 'not_waiting' | 'unknown';

/** The quarantine of an agent is full, so one more mail is not taken; nothing was written. */
export class MailboxFull extends Error {
  readonly agentId: string;
  constructor(agentId: string) {
    super(`too many mails wait for the owner of agent ${agentId}`);
    this.agentId = agentId;
  }
}
