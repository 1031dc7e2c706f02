import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resolveSession, sessionHash, sessionHashes } from './hash.ts';

const A = '01990000-0000-7000-8000-9f3a00000001';
const B = '01990000-0000-7000-8000-9f3b00000001';
const C = '01990000-0000-7000-8000-9f3a0000ffff';
const D = '01980000-0000-7000-8000-9f3a00000001';

describe('sessionHash', () => {
  it.each([
    [A, [A], '9f3a'],
    [A, [], '9f3a'],
    [A, [A, B], '9f3a'],
    [A, [A, B, C], '9f3a00000'],
    [C, [A, B, C], '9f3a0000f'],
    [A, [A, D], A],
    [A.toUpperCase(), [A], '9f3a'],
  ])('of %s among %j is %s', (id, ids, hash) => {
    expect(sessionHash(id, ids)).toBe(hash);
  });

  it('is unambiguous for every session, however many there are', () => {
    const ids = fc.uniqueArray(fc.stringMatching(/^0199000[0-3]-0000-7000-8000-9f3[ab]0000000[0-3]$/), {
      minLength: 1,
      maxLength: 20,
    });
    fc.assert(
      fc.property(ids, (all) => {
        for (const id of all) expect(resolveSession(sessionHash(id, all), all)).toEqual({ state: 'one', id });
      }),
    );
  });
});

describe('sessionHashes', () => {
  const group = fc.stringMatching(/^9f3[ab]000000[0-3][0-3]$/);
  const id = fc
    .tuple(fc.constantFrom('01990000', '01990001'), group)
    .map(([t, g]) => `${t}-0000-7000-8000-${g}`);

  it('names each as a search through all the others would', () => {
    const searched = (own: string, all: string[]) => {
      const last = own.slice(-12);
      const others = all.filter((other) => other !== own).map((other) => other.slice(-12));
      for (let length = 4; length <= 12; length += 1)
        if (!others.some((other) => other.startsWith(last.slice(0, length)))) return last.slice(0, length);
      return own;
    };
    fc.assert(
      fc.property(fc.array(id, { maxLength: 12 }), id, (all, other) => {
        const name = sessionHashes(all);
        for (const one of [...all, other]) expect(name(one)).toBe(searched(one, all));
      }),
    );
  });

  it('looks at each id a few times only, however many there are', () => {
    let looks = 0;
    const counted = (number: number) => {
      const text = `01990000-0000-7000-8000-${number.toString(16).padStart(12, '0')}`;
      const toLowerCase = () => {
        looks += 1;
        return text;
      };
      return { toLowerCase } as unknown as string;
    };
    const ids = Array.from({ length: 9900 }, (_, number) => counted(number * 7919));
    const name = sessionHashes(ids);
    const names = new Set(ids.map(name));
    expect(names.size).toBe(9900);
    expect(looks).toBeLessThan(30_000);
  });
});

describe('resolveSession', () => {
  it.each([
    ['9f3b', { state: 'one', id: B }],
    ['9F3B', { state: 'one', id: B }],
    ['9f3b00000001', { state: 'one', id: B }],
    ['9f3a0000f', { state: 'one', id: C }],
    ['9f3a', { state: 'ambiguous', ids: [A, C] }],
    ['9', { state: 'ambiguous', ids: [A, B, C] }],
    [A, { state: 'one', id: A }],
    ['01990000-', { state: 'ambiguous', ids: [A, B, C] }],
    ['0199', { state: 'none' }],
    ['ffff', { state: 'none' }],
    ['', { state: 'none' }],
    ['../x', { state: 'none' }],
    ['.*', { state: 'none' }],
  ])('finds %j', (prefix, found) => {
    expect(resolveSession(prefix, [A, B, C])).toEqual(found);
  });

  it('finds nothing among none', () => {
    expect(resolveSession('9f3a', [])).toEqual({ state: 'none' });
  });
});
