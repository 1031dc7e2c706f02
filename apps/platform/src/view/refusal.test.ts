import { expect, it } from 'vitest';
import { explained } from './refusal.ts';

it.each([
  ['"display_name": It has an @.', 'Display name: It has an @.'],
  ['"entry" can not be used; write name@example.com.', 'Entry: write name@example.com.'],
  ['more.md has changed since you opened it.', 'more.md has changed since you opened it.'],
  ['"to" is empty. Name somebody, or reject the mail.', '"to" is empty. Name somebody, or reject the mail.'],
])('says %j as people read it', (detail, what) => {
  expect(explained({ code: 'invalid_request', detail }).what).toBe(what);
});
