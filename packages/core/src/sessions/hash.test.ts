import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { resolveSession, sessionHash } from './hash.ts';

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
