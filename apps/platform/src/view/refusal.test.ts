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
