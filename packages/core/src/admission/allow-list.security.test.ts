import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchAllowList, parseAllowEntry } from './allow-list.ts';
import { canonicalAddress } from './canonical-address.ts';

function lets(entryText: string, senderText: string): boolean {
  const parsed = parseAllowEntry(entryText);
  const sender = canonicalAddress(senderText);
  if (!parsed.ok) throw new Error(parsed.reason);
  return sender.ok && matchAllowList([parsed.entry], sender) !== null;
}

const label = fc
  .stringMatching(/^[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?$/)
  .filter((text) => !text.startsWith('xn--'));
const domain = fc.tuple(label, label).map(([first, second]) => `${first}.${second}.example`);

describe('who an entry does not let in', () => {
  it.each([
    ['@corp.example', 'ceo@evilcorp.example'],
    ['@corp.example', 'ceo@corp.example.evil.example'],
    ['@corp.example', 'ceo@a.corp.example'],
    ['@*.corp.example', 'ceo@evilcorp.example'],
    ['@*.corp.example', 'ceo@a.evilcorp.example'],
    ['@*.corp.example', 'ceo@corp.example'],
    ['@*.corp.example', 'ceo@a.corp.example.evil.example'],
    ['ceo@corp.example', 'ceo@corp.example.evil.example'],
    ['ceo@corp.example', '"ceo@corp.example"@evil.example'],
    ['ceo@corp.example', 'сео@corp.example'],
    ['ceo@corp.example', 'ceo@сorp.example'],
    ['@corp.example', 'ceo%evil.example@corp.example'],
    ['@corp.example', 'evil.example!ceo@corp.example'],
    ['@*.corp.example', 'ceo%evil.example@a.corp.example'],
  ])('%s keeps out %s', (entry, sender) => {
    expect(lets(entry, sender)).toBe(false);
  });

  it('never matches by a suffix of the text: the domain must be the same, or end in whole labels of it', () => {
    fc.assert(
      fc.property(domain, label, label, (allowed, prefix, top) => {
        expect(lets(`@${allowed}`, `x@${prefix}${allowed}`)).toBe(false);
        expect(lets(`@${allowed}`, `x@${prefix}.${allowed}`)).toBe(false);
        expect(lets(`@${allowed}`, `x@${allowed}.${top}.example`)).toBe(false);
        expect(lets(`@*.${allowed}`, `x@${prefix}${allowed}`)).toBe(false);
        expect(lets(`@*.${allowed}`, `x@${allowed}`)).toBe(false);
        expect(lets(`@*.${allowed}`, `x@${prefix}.${allowed}.${top}.example`)).toBe(false);
        expect(lets(`x@${allowed}`, `x@${prefix}${allowed}`)).toBe(false);
        expect(lets(`@${allowed}`, `x@${allowed}`)).toBe(true);
        expect(lets(`@*.${allowed}`, `x@${prefix}.${allowed}`)).toBe(true);
      }),
    );
  });

  it('an exact entry lets in its own address and tags of it, and no other address', () => {
    const local = fc.stringMatching(/^[a-z0-9]{1,8}$/);
    fc.assert(
      fc.property(local, local, domain, domain, (one, other, here, there) => {
        expect(lets(`${one}@${here}`, `${other}@${there}`)).toBe(one === other && here === there);
        expect(lets(`${one}@${here}`, `${one}+${other}@${here}`)).toBe(true);
        expect(lets(`${one}+${other}@${here}`, `${one}@${here}`)).toBe(false);
      }),
    );
  });
});
