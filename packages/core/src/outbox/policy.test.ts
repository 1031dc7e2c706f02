import { describe, expect, it } from 'vitest';
import { type AllowEntry, parseAllowEntry } from '../admission/allow-list.ts';
import { outboundDecision } from './policy.ts';

const allowList: AllowEntry[] = ['ann@home.example', '@team.example', '@*.sub.example'].flatMap((text) => {
  const parsed = parseAllowEntry(text);
  return parsed.ok ? [parsed.entry] : [];
});
function decide(...recipients: string[]) {
  return outboundDecision({
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
