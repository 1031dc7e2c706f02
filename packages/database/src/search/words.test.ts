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

it('are bounded in number and length, and no pair of surrogates is cut', () => {
  expect(wordsIn('a b c', 2)).toEqual(['a', 'b']);
  expect(wordsIn('x'.repeat(500), 9)).toEqual(['x'.repeat(40)]);
  expect(wordsIn(`x${'𝒳'.repeat(50)}`, 9)[0]).toMatch(/^x+$/);
  expect(wordsIn(`a${'𐐷'.repeat(50)}`, 9)[0]?.isWellFormed()).toBe(true);
});

it('of a text are never a mark', () => {
  expect(wordsIn(`${agentMark('0199-AB')} ${fromMark('ann')}`, 9)).toEqual(['a0199ab', 'fann']);
});
