/**
 * How much mail one agent takes, against a person with a stuck mail program, two machines that answer each other without
 * saying that they are machines, or an allowed sender whose mailbox was broken into. A mail over a limit is stored without
 * a job until the owner releases it. The limits of senders do not hold for the proven owner; a machine of the owner's is
 * stopped by the signs of automatic mail, the two bounds on one thread here, and the budget.
 */

/** Most accepted mails, each within a sliding hour or day; `waiting` counts jobs of all agents. */
export interface MailLimits {
  senderHour: number;
  senderDay: number;
  agentHour: number;
  agentDay: number;
  waiting: number;
}

/** What was accepted so far, the mail in question included; `waiting` are the jobs before it. */
export interface MailCounts extends MailLimits {
  /** Mails of the same sender and thread within `THREAD_WINDOW_MS`. */
  thread: number;
  /** Mails of the same sender in the same thread, or under the same subject, within a day. */
  threadDay: number;
}

/** The limits of an agent where the operator sets none. */
export const DEFAULT_LIMITS: MailLimits = {
  senderHour: 30,
  senderDay: 200,
  agentHour: 100,
  agentDay: 500,
  waiting: 5000,
};

/** More mails than this in one thread within the window is no conversation between people. */
export const THREAD_LIMIT = 15;
export const THREAD_WINDOW_MS = 10 * 60_000;
/** More mails of the owner in a day than this, in one thread or under one subject, are a machine's. */
export const OWNER_THREAD_DAY_LIMIT = 200;
/** Mails of one agent that wait in quarantine with one verdict; beyond it a temporary refusal. */
export const QUARANTINE_LIMIT = 1000;

/** Which limit a mail is over. */
export type LimitCode = 'sender_limit' | 'agent_limit' | 'system_limit' | 'thread_too_fast';

/** What a limit does to a mail: `reason` is a sentence for the owner. */
interface OverLimit {
  verdict: 'over_limit' | 'quarantined';
  code: LimitCode;
  reason: string;
}

/**
 * The first limit that the mail is over, or null. `sender` is canonical; `isOwner`: authentication proved the owner of the
 * agent. A machine that answers each answer begins a new thread each time where it names no more than the last mail, so
 * the owner's mails of a day are counted by subject as well.
 */
export function judgeLimits(
  counts: MailCounts,
  limits: MailLimits,
  { sender, isOwner }: { sender: string; isOwner: boolean },
): OverLimit | null {
  const hour = 'in the last hour';
  const day = 'in the last 24 hours';
  if (counts.thread > THREAD_LIMIT) {
    const minutes = THREAD_WINDOW_MS / 60_000;
    return tooFast(
      `${counts.thread - 1} mails of ${sender} in this thread`,
      `in the last ${minutes} minutes`,
    );
  }
  if (isOwner && counts.threadDay > OWNER_THREAD_DAY_LIMIT) {
    return tooFast(`${counts.threadDay - 1} mails of ${sender} in this thread or under its subject`, day);
  }
  if (!isOwner) {
    const everybody = 'all senders';
    if (counts.senderHour > limits.senderHour) return over('sender_limit', sender, limits.senderHour, hour);
    if (counts.senderDay > limits.senderDay) return over('sender_limit', sender, limits.senderDay, day);
    if (counts.agentHour > limits.agentHour) return over('agent_limit', everybody, limits.agentHour, hour);
    if (counts.agentDay > limits.agentDay) return over('agent_limit', everybody, limits.agentDay, day);
  }
  if (counts.waiting > limits.waiting) {
    return {
      verdict: 'over_limit',
      code: 'system_limit',
      reason: `${limits.waiting} mails of all agents wait for their turn already.`,
    };
  }
  return null;
}

function tooFast(mails: string, period: string): OverLimit {
  const reason = `${mails} were taken ${period}: it looks like two machines that answer each other.`;
  return { verdict: 'quarantined', code: 'thread_too_fast', reason };
}

function over(code: LimitCode, who: string, limit: number, period: string): OverLimit {
  return {
    verdict: 'over_limit',
    code,
    reason: `The agent took ${limit} ${limit === 1 ? 'mail' : 'mails'} from ${who} ${period}, which is the limit.`,
  };
}
