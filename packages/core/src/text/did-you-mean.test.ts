import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { didYouMean, editDistance } from './did-you-mean.ts';

const COMMANDS = ['clear', 'resume', 'model', 'compact', 'status', 'help', 'start', 'allow', 'me'];

describe('didYouMean', () => {
  it.each([
    ['modle', 'model'],
    ['stauts', 'status'],
    ['MODEL', 'model'],
    [' modell ', 'model'],
    ['resmue', 'resume'],
    ['kompackt', 'compact'],
    ['hep', 'help'],
    ['em', 'me'],
    ['sta', 'start'],
    ['stat', 'status'],
    ['comp', 'compact'],
    ['al', 'allow'],
  ])('%j means %s', (typed, meant) => {
    expect(didYouMean(typed, COMMANDS)).toBe(meant);
  });

  it.each(['', ' ', 'c', 'xyz', 'usr', 'etc', 'hxx', 'conquer', 'help'.repeat(11), 'constructor'])(
    '%j means nothing',
    (typed) => {
      expect(didYouMean(typed, COMMANDS)).toBeNull();
    },
  );

  it('takes a beginning before a near word, and the shortest of several', () => {
    expect(didYouMean('list', ['lists', 'list-all', 'mist'])).toBe('lists');
    expect(didYouMean('sen', ['ten', 'sender'])).toBe('sender');
  });

  it('takes the nearest, and the first of equally near ones', () => {
    expect(didYouMean('boats', ['coast', 'boars', 'moats'])).toBe('boars');
  });

  it('gives the word as the list spells it, or null, whatever is typed', () => {
    const word = fc.string({ unit: 'binary', maxLength: 60 });
    fc.assert(
      fc.property(word, fc.array(word, { maxLength: 8 }), (typed, known) => {
        const meant = didYouMean(typed, known);
        if (meant !== null) expect(known).toContain(meant);
      }),
    );
  });
});

describe('editDistance', () => {
  it.each([
    ['', '', 0],
    ['', 'abc', 3],
    ['abc', '', 3],
    ['model', 'model', 0],
    ['modle', 'model', 1],
    ['mdel', 'model', 1],
    ['modeel', 'model', 1],
    ['nodel', 'model', 1],
    ['kitten', 'sitting', 3],
  ])('from %j to %j is %i', (from, to, edits) => {
    expect(editDistance(from, to)).toBe(edits);
    expect(editDistance(to, from)).toBe(edits);
  });
});
