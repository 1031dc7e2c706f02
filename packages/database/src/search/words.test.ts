import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { agentMark, fromMark, wordsIn } from './words.ts';

it.each([
  ['Re: Héllo,  WORLD!', ['re', 'hello', 'world']],
  ['ann.lee+tag@example.com', ['ann', 'lee', 'tag', 'example', 'com']],
  ['ﬁnance Straße ＡＢＣ１', ['finance', 'straße', 'abc1']],
  ['会議の予定 tomorrow', ['会', '議', 'の', '予', '定', 'tomorrow']],
  ['한국어 메일', ['한국어', '메일']],
  ['', []],
  ['"\' OR 1=1 -- * ^ : {a}', ['or', '1', '1', 'a']],
])('of %j are %j', (text, words) => {
  expect(wordsIn(text, 100)).toEqual(words);
});

it('are each one word of FTS5, whatever letters they have', () => {
  const db = new DatabaseSync(':memory:');
  // As in migration 0028.
  db.exec(
    `create virtual table search using fts5(words, detail=none, tokenize="unicode61 remove_diacritics 0")`,
  );
  db.exec('create virtual table terms using fts5vocab(search, instance)');
  let text = '';
  // Without the large blocks of Chinese, Korean and Tangut.
  for (const [from, to] of [
    [0x30, 0x3400],
    [0xa000, 0xac00],
    [0xd7b0, 0xd800],
    [0xf900, 0x17000],
    [0x1b000, 0x20000],
  ] as const) {
    for (let code = from; code < to; code++) {
      const letter = String.fromCodePoint(code);
      if (/^[\p{L}\p{N}]$/u.test(letter)) text += `x${letter}y `;
    }
  }
  const words = new Set(wordsIn(text, 1_000_000));
  expect(words.size).toBeGreaterThan(15_000);
  db.prepare('insert into search (words) values (?)').run([...words].join(' '));
  const terms = db.prepare('select term from terms').all();
  const known = new Set(terms.map(({ term }) => String(term)));
  db.close();
  // It knows one letter for both sigmas.
  expect([...words].filter((word) => !known.has(word) && word !== 'xςy')).toEqual([]);
});

it('are bounded in number and length, and no pair of surrogates is cut', () => {
  expect(wordsIn('a b c', 2)).toEqual(['a', 'b']);
  expect(wordsIn('x'.repeat(500), 9)).toEqual(['x'.repeat(40)]);
  expect(wordsIn(`x${'𝒳'.repeat(50)}`, 9)[0]).toMatch(/^x+$/);
  expect(wordsIn(`a${'𐐷'.repeat(50)}`, 9)[0]?.isWellFormed()).toBe(true);
});

it('of a text are never a mark', () => {
  expect(wordsIn(`${agentMark('0199-AB')} ${fromMark('ann')}`, 9)).toEqual(['a0199ab', 'fann']);
});
