import { expect, it } from 'vitest';
import { refusalOnPage } from './refusal-text.ts';

it.each([
  [1, 'in 1 second'],
  [90, 'in 90 seconds'],
  [91, 'in 2 minutes'],
  [3600, 'in 60 minutes'],
  [86_400, 'in 24 hours'],
])('says after %d seconds: %s', (retryAfterS, wait) => {
  const detail = 'Too many codes were tried.';
  expect(refusalOnPage({ ok: false, code: 'too_many_requests', detail, retryAfterS })).toEqual({
    status: 429,
    headers: { 'retry-after': String(retryAfterS) },
    text: `${detail} Try again ${wait}.`,
  });
});

it('says what to do next where something is over', () => {
  const refusal = { ok: false, code: 'sign_in_over', detail: 'There were too many wrong codes.' } as const;
  expect(refusalOnPage(refusal)).toEqual({
    status: 410,
    headers: {},
    text: 'There were too many wrong codes. Ask for a new mail, and use it within ten minutes.',
  });
});
