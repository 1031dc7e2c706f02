/** Messages as they come in, and the jobs that they become: one running at a time per agent, in order of arrival. */
import type { ClientConnection } from '@tinyfat/core';
import type { Database, MailVerdict, NewMail } from '@tinyfat/database';

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

/** A right to work on one job until the lease ends; a higher fence makes it worthless. */
export interface Lease {
  jobId: string;
  agentId: string;
  mailId: string;
  /** 1 for the first; greater than `maxAttempts` when earlier attempts died without a word. */
  attempt: number;
  maxAttempts: number;
  fence: number;
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

export interface JobQueue {
  /**
   * Writes mails with their verdicts, and a job for each accepted one that is no copy and over no limit, in one
   * durable transaction. `also` writes what must be true with them. Rejects with `MailboxFull`.
   */
  enqueue(
    mails: readonly NewMail[],
    also?: (tx: Database, arrivals: readonly Arrival[]) => Promise<void>,
  ): Promise<Arrival[]>;
  /** Makes the job of a mail in quarantine; it comes after everything that waits. */
  releaseMail(mailId: string): Promise<Release>;
  /** Takes the first job of some agent that has none running; null when nothing is due. */
  claim(): Promise<Lease | null>;
  /** Prolongs a lease; false when it was lost. */
  heartbeat(lease: Lease): Promise<boolean>;
  /** Ends a job inside the caller's transaction; false when the lease was lost (roll back then). */
  finish(tx: Database, lease: Lease, state: 'done' | 'failed', error: string | null): Promise<boolean>;
  /** Puts a job back until `runAt` (epoch ms); it keeps its place before its agent's later jobs. */
  retry(lease: Lease, runAt: number, error: string): Promise<boolean>;
  /** Puts a job back at once without counting the attempt: the server is stopping. */
  release(lease: Lease): Promise<boolean>;
  /**
   * Puts back jobs whose lease has ended, but for those that the caller itself still works on: a clock that jumps
   * must not give them away. With `everyLease` all running ones (no other server lives).
   */
  reclaim(everyLease: boolean, ownJobs?: readonly string[]): Promise<number>;
  /** When the next waiting job is due, epoch ms; null when none waits. */
  nextDue(): Promise<number | null>;
}
