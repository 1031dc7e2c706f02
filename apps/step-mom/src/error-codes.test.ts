import { isErrorCode, type StepMomErrorCode } from '@tinyfat/core';
import { expect, it } from 'vitest';

/** The union spelled out: the type checker refuses a code that is missing here. */
const codes = {
  llm_unauthorized: true,
  llm_billing: true,
  llm_rate_limited: true,
  llm_overloaded: true,
  llm_unreachable: true,
  llm_refused: true,
  llm_overflow: true,
  llm_stalled: true,
  budget_exhausted: true,
  no_reply: true,
  deadline: true,
  bad_input: true,
  internal: true,
} satisfies Record<StepMomErrorCode, true>;

it('has every error code of step-mom in the list of error codes', () => {
  expect(Object.keys(codes).filter((code) => !isErrorCode(code))).toEqual([]);
});
