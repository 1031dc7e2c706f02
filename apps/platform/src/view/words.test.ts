import { DELIVERY_STATES, MAIL_STATES, MAIL_VERDICTS } from '@tinyfat/core';
import { RUN_STATUSES } from '@tinyfat/database';
import { expect, it } from 'vitest';
import { subjectText, wordOf } from './words.ts';

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

it('shows a subject without what would turn the words around it', () => {
  expect(subjectText('\u202egnp.\u2066x\u2069 \u05d0\u200f')).toBe('gnp.x \u05d0\u200f');
  expect(subjectText('\u202e ')).toBe('(no subject)');
});
