import { describe, expect, it } from 'vitest';
import { type AllowEntry, matchAllowList, parseAllowEntry } from './allow-list.ts';
import { canonicalAddress } from './canonical-address.ts';

function entries(...texts: string[]): AllowEntry[] {
  return texts.map((text) => {
    const parsed = parseAllowEntry(text);
    if (!parsed.ok) throw new Error(parsed.reason);
    return parsed.entry;
  });
}

function matched(list: AllowEntry[], text: string): string | null {
  const sender = canonicalAddress(text);
  if (!sender.ok) throw new Error(sender.reason);
  return matchAllowList(list, sender)?.text ?? null;
}

describe('parseAllowEntry', () => {
  it.each([
    ['ceo@corp.example', { kind: 'address', address: 'ceo@corp.example', text: 'ceo@corp.example' }],
    [' CEO@Corp.Example ', { kind: 'address', address: 'ceo@corp.example', text: 'ceo@corp.example' }],
    ['@corp.example', { kind: 'domain', domain: 'corp.example', text: '@corp.example' }],
    ['@Münch.example', { kind: 'domain', domain: 'xn--mnch-0ra.example', text: '@xn--mnch-0ra.example' }],
    ['@*.corp.example', { kind: 'subdomains', domain: 'corp.example', text: '@*.corp.example' }],
  ])('reads %s', (text, entry) => {
    expect(parseAllowEntry(text)).toEqual({ ok: true, entry, warning: null });
  });

  it.each([
    '',
    '*',
    '@',
    '@*',
    '@*.',
    '@*.com',
    '@com',
    '*@corp.example',
    'c*o@corp.example',
    '@*corp.example',
    '@c*.corp.example',
    '@*.*.corp.example',
    '@corp.*',
    'corp.example',
    '*.corp.example',
    '.corp.example',
    '@.corp.example',
    '@corp.example.',
    '@@corp.example',
    'a@b@corp.example',
    'CEO <ceo@corp.example>',
    'a@corp.example b@corp.example',
    '@192.0.2.1',
    '@[192.0.2.1]',
    '@corp．example',
    '@corp.example\u200b',
    'mailto:ceo@corp.example',
    '/.*/',
    '@corp%2eexample',
  ])('refuses %j and says what to write', (text) => {
    expect(parseAllowEntry(text)).toEqual({
      ok: false,
      reason: expect.stringMatching(/Write name@example\.com, @example\.com/),
    });
  });

  it.each([
    ['@gmail.com', /everybody who has a mailbox at gmail\.com/],
    ['@аррӏе.example', /look like Latin/],
    ['ceo@сorp.example', /mixes/],
  ])('warns of %s', (text, warning) => {
    expect(parseAllowEntry(text)).toMatchObject({ ok: true, warning: expect.stringMatching(warning) });
  });
});

describe('matchAllowList', () => {
  const list = entries(
    'ceo@corp.example',
    'ann+work@home.example',
    '@team.example',
    '@*.sub.example',
    'x@münchen.example',
  );

  it.each([
    ['ceo@corp.example', 'ceo@corp.example'],
    ['CEO@CORP.example', 'ceo@corp.example'],
    ['ceo+travel@corp.example', 'ceo@corp.example'],
    ['ann+work@home.example', 'ann+work@home.example'],
    ['anyone@team.example', '@team.example'],
    ['any+tag@team.example', '@team.example'],
    ['x@a.sub.example', '@*.sub.example'],
    ['x@a.b.sub.example', '@*.sub.example'],
    ['x@xn--mnchen-3ya.example', 'x@xn--mnchen-3ya.example'],
    ['x@MÜNCHEN.example', 'x@xn--mnchen-3ya.example'],
  ])('lets %s in by %s', (sender, entry) => {
    expect(matched(list, sender)).toBe(entry);
  });

  it.each([
    'cfo@corp.example',
    '+ceo@corp.example',
    'ceo@mail.corp.example',
    'ann@home.example',
    'ann+other@home.example',
    'x@a.team.example',
    'x@sub.example',
  ])('keeps %s out', (sender) => {
    expect(matched(list, sender)).toBeNull();
  });

  it('names the exact entry rather than the domain that also matches', () => {
    expect(matched(entries('@corp.example', 'ceo@corp.example'), 'ceo+x@corp.example')).toBe(
      'ceo@corp.example',
    );
  });

  it('lets nobody in by an empty list', () => {
    expect(matched([], 'ceo@corp.example')).toBeNull();
  });
});
