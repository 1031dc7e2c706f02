/** Messages as a transport received them, and their verdicts. */
import type { ClientConnection } from '@tinyfat/core';
import type { MailVerdict } from '@tinyfat/database';

export interface ReceivedMessage {
  /** The way in: `smtp`, `resend`, `postmark` or `email-routing`. */
  via: string;
  client: ClientConnection;
  /** Empty for the null reverse-path. */
  envelopeSender: string;
  /** The envelope sender is not known; `envelopeSender` is the author's address, for the record only. */
  envelopeGuessed?: true;
  /** Id of the webhook event that reported it. */
  webhookEvent?: string;
  envelopeRecipients: readonly string[];
  raw: Uint8Array;
  /** Size in bytes of a message beyond the size limit, of which `raw` is only the beginning. */
  oversizeBytes?: number;
}

export interface Arrival {
  mailId: string;
  /** The verdict that was written: copies and limits may have changed that of `admit`. */
  verdict: MailVerdict;
  /** A code of core's list. */
  code: string;
  /** A job was made. */
  queued: boolean;
}

/** The outcome of releasing a mail from quarantine. */
export type Release = 'queued' | 'not_waiting' | 'unknown';

/** The quarantine of an agent is full; nothing was written. */
export class MailboxFull extends Error {
  readonly agentId: string;
  constructor(agentId: string) {
    super(`too many mails wait for the owner of agent ${agentId}`);
    this.agentId = agentId;
  }
}
