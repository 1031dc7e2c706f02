import { ERRORS } from '@tinyfat/core';
import { expect, it } from 'vitest';
import { nextStepOf } from './next-step.ts';

const OF_RUNS =
  /^(?:llm_|sandbox_|budget_|owner_key_|quota_|folder_|storage_|attempts_|(?:no_reply|deadline|bad_input|internal|run_stopped|agent_deleted)$)/;

it('is said for every code without the commands of a terminal, or the settings of a machine', () => {
  for (const code of Object.keys(ERRORS).filter((one) => OF_RUNS.test(one))) {
    const text = nextStepOf(code, 'scout')?.text ?? '';
    expect(text, code).not.toMatch(/\btinyfat [a-z]|operators: |your mail again|[A-Z]+_[A-Z]+|POST/);
    expect(text, code).toMatch(/^(?:|[A-Z].*[.!?])$/s);
  }
});

it('leads to the page where it is done', () => {
  expect(nextStepOf('llm_unauthorized', 'scout')?.page?.href).toBe('/settings/keys');
  expect(nextStepOf('budget_exhausted', 'scout')?.page?.href).toBe('/agents/scout/settings#budget');
  expect(nextStepOf('llm_rate_limited', 'scout')).toEqual({
    text: 'Run it again in a few minutes; if this happens often, raise the limit at the provider.',
    page: null,
  });
  expect([nextStepOf('run_stopped', 'scout'), nextStepOf('odd', 'scout'), nextStepOf(null, 'scout')]).toEqual(
    [...[null, null, null]],
  );
});
