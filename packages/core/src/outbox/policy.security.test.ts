/** Who is on Cc is what the sender of a mail says; an answer must not reach people whom the owner doesn't know. */
import { describe, expect, it } from 'vitest';
import { type AllowEntry, parseAllowEntry } from '../admission/allow-list.ts';
import { replyCopies } from './policy.ts';

const allowList: AllowEntry[] = ['ceo@corp.example', 'ann@home.example', '@team.example'].flatMap((text) => {
  const parsed = parseAllowEntry(text);
  return parsed.ok ? [parsed.entry] : [];
});
const copies = (others: string[], suppressed: string[] = []) =>
  replyCopies(
    { sender: 'ceo@corp.example', others },
    { owner: 'owner@corp.example', allowList, suppressed },
  ).map(({ address }) => address);
const team = (count: number) => Array.from({ length: count }, (_, i) => `p${i}@team.example`);

describe('the copies of an answer', () => {
  it('are the other people, when each of them is allowed or the owner', () => {
    const others = ['ann@home.example', 'bob@team.example', 'owner@corp.example'];
    expect(copies(others)).toEqual(others);
    expect(copies(['ann+tag@home.example'])).toEqual(['ann+tag@home.example']);
    expect(copies([])).toEqual([]);
  });

  it.each([
    'eve@evil.example',
    'eve@corp.example',
    'owner+x@corp.example',
    'eve@evilteam.example',
    'eve@team.example.evil.example',
    'eve%evil.example@team.example',
    'not an address',
    '',
  ])('are nobody where one of them is the stranger %j', (stranger) => {
    expect(copies(['bob@team.example', stranger])).toEqual([]);
    expect(copies([stranger, 'bob@team.example'])).toEqual([]);
  });

  it('leave out whom mail does not reach, whether or not the others are allowed', () => {
    expect(copies(['ann@home.example', 'bob@team.example'], ['ann@home.example'])).toEqual([
      'bob@team.example',
    ]);
    expect(copies(['ann@home.example', 'eve@evil.example'], ['eve@evil.example'])).toEqual([]);
  });

  it('name the sender and anybody else once', () => {
    expect(copies(['bob@team.example', 'ceo@corp.example', 'bob@team.example'])).toEqual([
      'bob@team.example',
    ]);
  });

  it('are nobody where they are more than one mail goes to', () => {
    expect(copies(team(19))).toHaveLength(19);
    expect(copies(team(20))).toEqual([]);
  });
});
