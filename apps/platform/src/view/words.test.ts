import { DELIVERY_STATES, MAIL_STATES, MAIL_VERDICTS } from '@tinyfat/core';
import { RUN_STATUSES } from '@tinyfat/database';
import { expect, it } from 'vitest';
import { wordOf } from './words.ts';

it.each([
  ['mail', MAIL_STATES],
  ['verdict', MAIL_VERDICTS],
  ['delivery', DELIVERY_STATES],
  ['run', RUN_STATUSES],
] as const)('no code is shown for a state of a %s', (kind, states) => {
  for (const state of states) expect(wordOf(kind, state).label).not.toMatch(/_/);
});

it('shows a state that it does not know as it is', () => {
  expect(wordOf('mail', 'toString')).toEqual({ label: 'toString', tone: 'quiet' });
});
