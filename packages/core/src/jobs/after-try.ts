/** What becomes of a mail of the host after a try to hand it over. */
import { type MailTransport, mayTryAgain, type SendOutcome } from '../ports/mail-transport.ts';
import { afterFailure, type BackoffPolicy } from './backoff.ts';

/** Times in epoch ms. */
export interface MailTry {
  /** 1 for the first. */
  attempt: number;
  now: number;
  /** A later try would be of no use; absent: only the policy ends it. */
  until?: number;
}

/**
 * It waits for another try only where the provider has surely not taken it, or folds repeats. `at`: when that try is due, else
 * now. `random` gives numbers in [0, 1).
 */
export function afterMailTry(
  outcome: SendOutcome,
  transport: Pick<MailTransport, 'idempotent'>,
  { attempt, now, until = Number.POSITIVE_INFINITY }: MailTry,
  policy: BackoffPolicy,
  random: () => number,
): { state: 'sent' | 'pending' | 'failed'; at: number } {
  if (outcome.state === 'sent') return { state: 'sent', at: now };
  const failed = { state: 'failed', at: now } as const;
  if (!mayTryAgain(outcome, transport)) return failed;
  const { retryAfterMs } = outcome;
  const next = afterFailure(
    { attempt, retryable: true, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) },
    policy,
    random,
  );
  if (next.step === 'give_up' || now + next.delayMs >= until) return failed;
  return { state: 'pending', at: now + next.delayMs };
}
