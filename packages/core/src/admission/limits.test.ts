import { describe, expect, it } from 'vitest';
import { judgeLimits, type MailCounts, OWNER_THREAD_DAY_LIMIT, THREAD_LIMIT } from './limits.ts';

const limits = { senderHour: 2, senderDay: 4, agentHour: 6, agentDay: 8, waiting: 10 };
const counts = (over: Partial<MailCounts> = {}): MailCounts => ({
  senderHour: 1,
  senderDay: 1,
  agentHour: 1,
  agentDay: 1,
  waiting: 0,
  thread: 1,
  threadDay: 1,
  ...over,
});
const judge = (over: Partial<MailCounts>, isOwner = false) =>
  judgeLimits(counts(over), limits, { sender: 'a@example.com', isOwner });

describe('the limits', () => {
  it('are not reached by as many mails as they allow', () => {
    expect(judge({ ...limits, thread: THREAD_LIMIT, threadDay: OWNER_THREAD_DAY_LIMIT })).toBeNull();
  });

  it.each<[Partial<MailCounts>, string, RegExp]>([
    [{ senderHour: 3 }, 'sender_limit', /2 mails from a@example\.com in the last hour/],
    [{ senderDay: 5 }, 'sender_limit', /4 mails from a@example\.com in the last 24 hours/],
    [{ agentHour: 7 }, 'agent_limit', /6 mails from all senders in the last hour/],
    [{ agentDay: 9 }, 'agent_limit', /8 mails from all senders in the last 24 hours/],
    [{ waiting: 11 }, 'system_limit', /10 mails of all agents/],
  ])('keep a mail beyond them: %o', (over, code, reason) => {
    const judged = judge(over);
    expect(judged).toMatchObject({ verdict: 'over_limit', code });
    expect(judged?.reason).toMatch(reason);
  });

  it('keep no owner from the agent, neither those of a sender nor those of all together', () => {
    expect(judge({ senderHour: 999, senderDay: 999, agentHour: 999, agentDay: 999 }, true)).toBeNull();
  });

  it('quarantine one thread of the owner that goes on for a day, and send the mails of all to their turn', () => {
    expect(judge({ threadDay: OWNER_THREAD_DAY_LIMIT + 1 }, true)).toMatchObject({
      verdict: 'quarantined',
      code: 'thread_too_fast',
      reason: expect.stringContaining(
        '200 mails of a@example.com in this thread or under its subject were taken in the last 24 hours',
      ),
    });
    expect(judge({ threadDay: OWNER_THREAD_DAY_LIMIT }, true)).toBeNull();
    expect(judge({ threadDay: OWNER_THREAD_DAY_LIMIT + 1 })).toBeNull();
    expect(judge({ thread: THREAD_LIMIT + 1 }, true)).toMatchObject({ code: 'thread_too_fast' });
    expect(judge({ waiting: 11 }, true)).toMatchObject({ code: 'system_limit' });
  });

  it('quarantine a thread without a pause, whatever else is reached', () => {
    expect(judge({ thread: THREAD_LIMIT + 1, senderHour: 99 })).toMatchObject({
      verdict: 'quarantined',
      code: 'thread_too_fast',
    });
  });
});
