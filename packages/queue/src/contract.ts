/** Jobs: one per accepted mail, one running at a time per agent, in order of arrival. */
import type { Database, NewMail } from '@tinyfat/database';

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
  /** `queued`: a job was made; `duplicate`: folded into an earlier mail; `recorded`: its verdict allows no job. */
  outcome: 'queued' | 'duplicate' | 'recorded';
}

export interface JobQueue {
  /** Writes mails with their verdicts, and a job for each accepted one, in one durable transaction. */
  enqueue(mails: readonly NewMail[]): Promise<Arrival[]>;
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
