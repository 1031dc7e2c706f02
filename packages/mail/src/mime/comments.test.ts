import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withoutComments } from './comments.ts';

describe('withoutComments', () => {
  it.each([
    ['no comment', 'no', 'no'],
    ['one', 'a (b) c', 'a  c'],
    ['nested ones', '(a (b (c)) d) e', ' e'],
    ['one with an escaped bracket', '(a \\) b) c', ' c'],
    ['brackets in a quoted string', '"a (b)" (c)', '"a (b)" '],
    ['an escaped quote in a quoted string', '"a\\" (b)" (c)', '"a\\" (b)" '],
    ['one that is not closed', 'a (b (c) d', 'a (b (c) d'],
    ['a bracket too many', 'a) b', 'a) b'],
    ['nothing', '', ''],
  ])('takes %s', (_, value, expected) => expect(withoutComments(value)).toBe(expected));

  it('leaves text alone that has no bracket', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const plain = text.replaceAll('(', '');
        expect(withoutComments(plain)).toBe(plain);
      }),
    );
  });
});
