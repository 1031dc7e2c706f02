import { expect, it } from 'vitest';
import { asksNothing, parseQuery } from './parse-query.ts';

const read = (text: string) => {
  const parsed = parseQuery(text);
  return parsed.ok ? parsed.query : parsed.reason;
};
const NOTHING = {
  words: [],
  beginning: null,
  from: [],
  kind: null,
  agent: null,
  state: null,
  before: null,
  after: null,
};

it('is words, of which the last may still be typed, and filters', () => {
  expect(read('Big invoi')).toEqual({ ...NOTHING, words: ['big'], beginning: 'invoi' });
  expect(read('big invoice ')).toEqual({ ...NOTHING, words: ['big', 'invoice'] });
  expect(read('"big invoice"')).toEqual({ ...NOTHING, words: ['big', 'invoice'] });
  expect(read('in a')).toEqual({ ...NOTHING, words: ['in', 'a'] });
  expect(
    read(
      'tax From:"Ann Lee" agent:Scout state:awaiting-approval in:answers after:2026-10-01 before:2026-11-01',
    ),
  ).toEqual({
    words: ['tax'],
    beginning: null,
    from: ['ann', 'lee'],
    kind: 'answer',
    agent: 'scout',
    state: 'awaiting_approval',
    before: '2026-11-01',
    after: '2026-10-01',
  });
});

it('takes what is no filter for words', () => {
  expect(read('re:hello https://example.com ')).toMatchObject({
    words: ['re', 'hello', 'https', 'example', 'com'],
  });
});

it('asks for nothing where nothing can be searched for', () => {
  for (const text of ['', '  ', '"', '!!! ***']) {
    const parsed = parseQuery(text);
    expect(parsed.ok && asksNothing(parsed.query)).toBe(true);
  }
  const parsed = parseQuery('state:failed');
  expect(parsed.ok && asksNothing(parsed.query)).toBe(false);
});

it.each([
  ['from:""', /name or an address/],
  ['agent:""', /name of an agent/],
  ['in:attic', /mails, answers or sessions/],
  ['before:yesterday', /a day such as/],
  ['after:2026-13-99', /a day such as/],
  ['a b c d e f g h i', /at most 8 words/],
  ['x'.repeat(301), /at most 300 characters/],
])('says what is wrong with %j', (text, reason) => {
  expect(read(text)).toMatch(reason);
});
