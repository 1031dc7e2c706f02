/** What a person reads who was refused something on a page. */
import { expect, it } from 'vitest';
import { explained, withoutCommands } from './refusal.ts';

it('is no command of a terminal', () => {
  expect(explained({ code: 'conflict', detail: 'It waits.', nextStep: 'See: tinyfat outbox list' })).toEqual({
    what: 'It waits.',
    nextStep: '',
  });
  expect(explained({ code: 'scope_missing' }).nextStep).not.toContain('tinyfat');
  expect(withoutCommands('Check it. Then run: tinyfat outbox retry ID. Wait a day.')).toBe(
    'Check it. Wait a day.',
  );
  expect(withoutCommands('Mail from tinyfat.localhost goes nowhere.')).toBe(
    'Mail from tinyfat.localhost goes nowhere.',
  );
});

it.each([
  ['"display_name": It has an @.', 'Display name: It has an @.'],
  ['"entry" can not be used; write name@example.com.', 'Entry: write name@example.com.'],
  ['more.md has changed since you opened it.', 'more.md has changed since you opened it.'],
  ['"to" is empty. Name somebody, or reject the mail.', '"to" is empty. Name somebody, or reject the mail.'],
])('says %j as people read it', (detail, what) => {
  expect(explained({ code: 'invalid_request', detail }).what).toBe(what);
});
