import { fuzzRuns } from '@tinyfat/testing/fuzz-runs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalAddress } from './canonical-address.ts';

const LONG_LABEL = 'd'.repeat(63);

describe('canonicalAddress', () => {
  it.each([
    ['ann@example.com', 'ann@example.com'],
    ['Ann.Lee@Example.COM', 'ann.lee@example.com'],
    ["o'brien@example.com", "o'brien@example.com"],
    ["!#$%&'*+-/=?^_`{|}~@example.com", "!#$%&'*+-/=?^_`{|}~@example.com"],
    ['1@2.example', '1@2.example'],
    ['ann@sub.mail.example.museum', 'ann@sub.mail.example.museum'],
    ['ann@münchen.example', 'ann@xn--mnchen-3ya.example'],
    ['ann@MÜNCHEN.example', 'ann@xn--mnchen-3ya.example'],
    ['ann@XN--MNCHEN-3YA.example', 'ann@xn--mnchen-3ya.example'],
    ['иван@почта.рф', 'иван@xn--80a1acny.xn--p1ai'],
    ['ИВАН@почта.рф', 'иван@xn--80a1acny.xn--p1ai'],
    ['用户@例子.公司', '用户@xn--fsqu00a.xn--55qx5d'],
    ['xn--ann@example.com', 'xn--ann@example.com'],
    ['ann@a-b.example', 'ann@a-b.example'],
    ['ann@tinyfat.localhost', 'ann@tinyfat.localhost'],
    [`${'a'.repeat(64)}@example.com`, `${'a'.repeat(64)}@example.com`],
    [
      `a@${LONG_LABEL}.${LONG_LABEL}.${LONG_LABEL}.example.com`,
      `a@${LONG_LABEL}.${LONG_LABEL}.${LONG_LABEL}.example.com`,
    ],
  ])('takes %s', (text, address) => {
    expect(canonicalAddress(text)).toMatchObject({ ok: true, address });
  });

  it.each([
    ['ann+news@example.com', 'news', 'ann@example.com'],
    ['ann+a+b@example.com', 'a+b', 'ann@example.com'],
    ['ann+@example.com', '', 'ann@example.com'],
    ['+ann@example.com', null, '+ann@example.com'],
    ['ann.+x@example.com', null, 'ann.+x@example.com'],
    ['ann@example.com', null, 'ann@example.com'],
  ])('splits the tag of %s', (text, tag, base) => {
    expect(canonicalAddress(text)).toMatchObject({ ok: true, tag, base });
  });

  it('gives the same form again for what it gave', () => {
    const label = fc.string({
      unit: fc.constantFrom(...'abzAZ09-äÖßςşИжا中한'),
      minLength: 1,
      maxLength: 12,
    });
    const local = fc.string({
      unit: fc.constantFrom(...'abzAZ09.+-_!%äÖßΣςİИж中'),
      minLength: 1,
      maxLength: 20,
    });
    const seen = { taken: 0 };
    fc.assert(
      fc.property(local, label, label, (left, first, second) => {
        const once = canonicalAddress(`${left}@${first}.${second}.example`);
        if (!once.ok) return;
        seen.taken += 1;
        expect(canonicalAddress(once.address)).toEqual(once);
        const base = canonicalAddress(once.base);
        expect(base).toMatchObject({ ok: true, tag: null, address: once.base });
      }),
      fuzzRuns(2000),
    );
    expect(seen.taken).toBeGreaterThan(100);
  });

  it('takes or refuses any text, and what it takes has one @ and a plain domain', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 400 }),
      fc
        .tuple(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }))
        .map((parts) => parts.join('@')),
      fc.string({ unit: fc.constantFrom(...'a@."<>()[]\\ \t\r\n+:;,=?%\u0000\u200b\u202e.ｅ') }),
    );
    fc.assert(
      fc.property(text, (input) => {
        const result = canonicalAddress(input);
        if (!result.ok) {
          expect(result.reason).toMatch(/^[ -~]+\.$/);
          return;
        }
        expect(result.address).toBe(`${result.local}@${result.domain}`);
        expect(result.domain).toMatch(/^[a-z0-9.-]+\.[a-z0-9-]+$/);
        expect(result.address.split('@')).toHaveLength(2);
      }),
      fuzzRuns(2000),
    );
  });
});
