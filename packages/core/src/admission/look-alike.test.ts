import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalAddress } from './canonical-address.ts';
import { canonicalDomain } from './canonical-domain.ts';
import { decodeLabel, lookAlikeWarning } from './look-alike.ts';

function canonical(text: string): string {
  const result = canonicalAddress(text);
  if (!result.ok) throw new Error(result.reason);
  return result.address;
}

describe('decodeLabel', () => {
  it.each([
    ['xn--mnchen-3ya', 'münchen'],
    ['xn--80a1acny', 'почта'],
    ['xn--fsqu00a', '例子'],
    ['xn--ls8h', '💩'],
    ['xn--bcher-kva', 'bücher'],
    ['xn--', null],
    ['xn--a', null],
    ['xn--999999999', null],
    ['xn--corp-', null],
    ['munich', null],
  ])('decodes %s', (label, word) => {
    expect(decodeLabel(label)).toBe(word);
  });

  it('undoes what the URL standard does to any label', () => {
    const unit = fc.constantFrom(...'abc09-äöüßéñжиопявاबम中文字한글日本ป💩𐐨');
    let decoded = 0;
    fc.assert(
      fc.property(fc.string({ unit, minLength: 1, maxLength: 15 }), (word) => {
        const label = URL.parse(`http://${word}.test/`)?.hostname.slice(0, -'.test'.length);
        if (label === undefined || !label.startsWith('xn--')) return;
        decoded += 1;
        expect(decodeLabel(label)).toBe(word);
      }),
      { numRuns: 2000 },
    );
    expect(decoded).toBeGreaterThan(100);
  });

  it('never throws and never gives a word of another label', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'abz019-'), maxLength: 30 }), (rest) => {
        const word = decodeLabel(`xn--${rest}`);
        if (word === null) return;
        expect(canonicalDomain(`${word}.test`)).toEqual({ ok: true, domain: `xn--${rest}.test` });
      }),
      { numRuns: 2000, examples: [['99999999999999999999999999'], ['a-'.repeat(10)]] },
    );
  });
});

describe('lookAlikeWarning', () => {
  it.each([
    ['ceo@сorp.example', /mixes .*Cyrillic|mixes .*Latin/],
    ['cеo@corp.example', /mixes/],
    ['ceo@аррӏе.example', /Cyrillic letters that look like Latin/],
    ['сео@corp.example', /Cyrillic letters that look like Latin/],
    ['ceo@gοοgle.example', /mixes Latin and Greek|mixes Greek and Latin/],
    ['ceo@ԛԝ.example', /Cyrillic letters that look like Latin/],
  ])('warns of %s', (text, warning) => {
    expect(lookAlikeWarning(canonical(text))).toMatch(warning);
  });

  it.each([
    'ceo@corp.example',
    'ann-1.x+y@a.b.example',
    'jürgen@münchen.example',
    'иван@почта.рф',
    '用户@例子.公司',
    'ann@ソニーsony.example',
    'ann@日本ごカタ.example',
    'ann@한국한.example',
    'νίκος@ελλάδα.example',
  ])('says nothing of %s', (text) => {
    expect(lookAlikeWarning(canonical(text))).toBeNull();
  });
});
