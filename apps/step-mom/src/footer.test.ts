import { sessionHash } from '@tinyfat/core';
import { expect, test } from 'vitest';
import { formatFooter, formatTokens } from './footer.ts';

test.each([
  [0, '0'],
  [38, '38'],
  [999, '999'],
  [1_000, '1.0k'],
  [5_040, '5.0k'],
  [9_999, '10.0k'],
  [10_000, '10k'],
  [663_400, '663k'],
  [1_234_567, '1.2M'],
  [12_345_678, '12M'],
])('%d tokens are shown as %s', (count, shown) => {
  expect(formatTokens(count)).toBe(shown);
});

test('the hash is the first four hex characters of the random part of the session id', () => {
  expect(sessionHash('01990000-0000-7000-8000-ab12cd34ef56', [])).toBe('ab12');
});

const figures = {
  agentName: 'name',
  sessionId: '01990000-0000-7000-8000-ab12cd34ef56',
  usage: { input: 38, output: 5_000, cacheRead: 663_000, cacheWrite: 37_000 },
  costUsd: 0.6871,
  context: { tokens: 37_400, window: 200_000 },
  modelId: 'claude-haiku-4-5',
};

test('the footer has the form that DESIGN gives', () => {
  expect(formatFooter(figures)).toBe(
    '[name:ab12 | ↑38 ↓5.0k R663k W37k $0.687 18.7%/200k | claude-haiku-4-5]',
  );
});

test('what is not known or was not used is not pretended', () => {
  const bare = {
    ...figures,
    usage: { input: 1, output: 2, cacheRead: 0, cacheWrite: 0 },
    costUsd: 0,
    context: { tokens: null, window: 1_000_000 },
  };
  expect(formatFooter(bare)).toBe('[name:ab12 | ↑1 ↓2 $0.000 ?/1.0M | claude-haiku-4-5]');
});
