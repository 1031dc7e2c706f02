/**
 * How much mail one agent takes: a person with a stuck mail program, two machines that answer each other without
 * saying that they are machines, or an allowed sender whose mailbox was broken into. What is over a limit is kept,
 * wakes nobody, and waits for the owner to release it. The proven owner is spared by the limits of senders; what keeps
 * a machine of his from going on for ever are the signs of automatic mail at the door, the two bounds on one thread
 * here, and the budget.
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
/** More mails of the owner than this in a day, in one thread or under one subject, are a machine's. */
export const OWNER_THREAD_DAY_LIMIT = 200;
/** Mails of one agent that wait in quarantine with one verdict; beyond it the sending server is told to try later. */
export const QUARANTINE_LIMIT = 1000;

/** Which limit a mail is over. */
export type LimitCode = 'sender_limit' | 'agent_limit' | 'system_limit' | 'thread_too_fast';

/** What a limit does to a mail: `reason` is a sentence for the owner. */
export interface OverLimit {
  verdict: 'over_limit' | 'quarantined';
  code: LimitCode;
  reason: string;
}

/**
 * The first limit that the mail is over, or null. `sender` is canonical. `isOwner` says that authentication proved the
 * owner of the agent: he is quarantined only where one thread goes too fast, or one thread or subject has more mails in a day than people write: a
 * machine that answers each answer begins a new thread each time where it names no more than the last mail.
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
    return {
      verdict: 'quarantined',
      code: 'thread_too_fast',
      reason: `${counts.thread - 1} mails of ${sender} in this thread were taken in the last ${minutes} minutes: it looks like two machines that answer each other.`,
    };
  }
  if (isOwner && counts.threadDay > OWNER_THREAD_DAY_LIMIT) {
    return {
      verdict: 'quarantined',
      code: 'thread_too_fast',
      reason: `${counts.threadDay - 1} mails of ${sender} in this thread or under its subject were taken ${day}: it looks like two machines that answer each other.`,
    };
  }
  if (!isOwner && counts.senderHour > limits.senderHour)
    return over('sender_limit', sender, limits.senderHour, hour);
  if (!isOwner && counts.senderDay > limits.senderDay)
    return over('sender_limit', sender, limits.senderDay, day);
  if (!isOwner && counts.agentHour > limits.agentHour) {
    return over('agent_limit', 'all senders', limits.agentHour, hour);
  }
  if (!isOwner && counts.agentDay > limits.agentDay) {
    return over('agent_limit', 'all senders', limits.agentDay, day);
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

function over(code: LimitCode, who: string, limit: number, period: string): OverLimit {
  return {
    verdict: 'over_limit',
    code,
    reason: `The agent took ${limit} ${limit === 1 ? 'mail' : 'mails'} from ${who} ${period}, which is the limit.`,
  };
}
