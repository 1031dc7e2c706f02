import { expect, it } from 'vitest';
import { MAX_MAILS, pickMails } from './limits.ts';

const numbered = Array.from({ length: 150 }, (_, number) => `${String(number).padStart(3, '0')}.json`);

it('takes the reply first, then the others by name, and says which are too many', () => {
  const { taken, over } = pickMails(['zz.json', 'run-1.json', ...numbered.toReversed(), '.draft'], 'run-1');
  expect(taken).toEqual(['run-1.json', ...numbered.slice(0, MAX_MAILS - 1)]);
  expect(over).toEqual([...numbered.slice(MAX_MAILS - 1), 'zz.json']);
});

it('takes all where they are few, with or without a reply', () => {
  expect(pickMails(['b.json', 'a.txt', '.c'], 'run-1')).toEqual({ taken: ['a.txt', 'b.json'], over: [] });
});
