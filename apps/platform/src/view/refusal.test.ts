import { expect, it } from 'vitest';
import { explained } from './refusal.ts';

it.each([
  ['"name": an address has no blanks.', 'An address has no blanks.'],
  ['"offset" can not be used; write a whole number.', 'Write a whole number.'],
  ['config.json has changed since you looked.', 'config.json has changed since you looked.'],
])('a form says %s without the names of fields, and files by theirs', (detail, what) => {
  expect(explained({ code: 'invalid_request', detail })).toMatchObject({ what });
});
