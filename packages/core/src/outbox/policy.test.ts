import { describe, expect, it } from 'vitest';
import { type AllowEntry, parseAllowEntry } from '../admission/allow-list.ts';
import { outboundDecision, replyCopies, storedOutbound } from './policy.ts';

const allowList: AllowEntry[] = ['ann@home.example', '@team.example', '@*.sub.example'].flatMap((text) => {
  const parsed = parseAllowEntry(text);
  return parsed.ok ? [parsed.entry] : [];
});
function decide(...recipients: string[]) {
  return outboundDecision({
    policy: 'known',
    recipients,
    sender: 'ceo+x@corp.example',
    owner: 'owner@corp.example',
    allowList,
  });
}

describe('outboundDecision', () => {
  it.each([
    [['ceo+x@corp.example']],
    [['owner@corp.example']],
    [['ann@home.example']],
    [['ann+news@home.example']],
    [['anyone@team.example']],
    [['x@a.sub.example']],
    [['ceo+x@corp.example', 'owner@corp.example', 'bob@team.example']],
  ])('sends to %j', (recipients) => {
    expect(decide(...recipients)).toEqual({ decision: 'send' });
  });

  it.each([
    [['x@evil.example'], ['x@evil.example']],
    [
      ['ceo+x@corp.example', 'x@evil.example', 'y@evil.example'],
      ['x@evil.example', 'y@evil.example'],
    ],
    [['ceo@corp.example'], ['ceo@corp.example']],
    [['cfo@corp.example'], ['cfo@corp.example']],
    [['x@evilteam.example'], ['x@evilteam.example']],
    [['x@team.example.evil.example'], ['x@team.example.evil.example']],
    [['x@sub.example'], ['x@sub.example']],
    [['x%evil.example@team.example'], ['x%evil.example@team.example']],
    [['not an address'], ['not an address']],
  ])('asks for approval of mail to %j', (recipients, foreign) => {
    expect(decide(...recipients)).toEqual({
      decision: 'needs_approval',
      foreign,
      reason: expect.stringContaining(foreign[0] ?? '-'),
    });
  });
});

describe('the policy of an agent', () => {
  const people = { sender: 'ceo@corp.example', owner: 'owner@corp.example', allowList };

  it('ask: asks before a mail to the sender alone, too', () => {
    expect(outboundDecision({ ...people, policy: 'ask', recipients: ['ceo@corp.example'] })).toEqual({
      decision: 'needs_approval',
      foreign: [],
      reason: 'Every mail that this agent writes waits for approval.',
    });
  });

  it('ask: names the strangers among the recipients', () => {
    const decided = outboundDecision({ ...people, policy: 'ask', recipients: ['x@evil.example'] });
    expect(decided).toMatchObject({ decision: 'needs_approval', foreign: ['x@evil.example'] });
  });

  it('anyone: sends to strangers', () => {
    const recipients = ['x@evil.example', 'ceo@corp.example'];
    expect(outboundDecision({ ...people, policy: 'anyone', recipients })).toEqual({ decision: 'send' });
  });

  it('anyone: holds mail to strangers, and only that, once the agent has written very much', () => {
    const many = { ...people, policy: 'anyone', wroteMany: true } as const;
    expect(outboundDecision({ ...many, recipients: ['x@evil.example', 'ceo@corp.example'] })).toEqual({
      decision: 'needs_approval',
      foreign: ['x@evil.example'],
      reason: 'It has written 100 mails or more in the last 24 hours, so this one to x@evil.example waits.',
    });
    expect(outboundDecision({ ...many, recipients: ['ceo@corp.example'] })).toEqual({ decision: 'send' });
  });

  it('is to ask where the stored one is of another version', () => {
    expect(['known', 'ask', 'anyone', 'everybody', ''].map(storedOutbound)).toEqual([
      ...['known', 'ask', 'anyone'],
      ...['ask', 'ask'],
    ]);
  });

  it('copies no stranger whom the sender named, whatever it is', () => {
    const mail = { sender: 'ceo@corp.example', others: ['x@evil.example', 'ann@home.example'] };
    expect(replyCopies(mail, { ...people, suppressed: [] })).toEqual([]);
  });
});
