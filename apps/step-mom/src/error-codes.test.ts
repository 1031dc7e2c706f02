import { isErrorCode } from '@tinyfat/core';
import { expect, it } from 'vitest';
import { ERROR_CODES } from './contract.ts';

it('has every error code of step-mom in the list of error codes', () => {
  expect(ERROR_CODES.filter((code) => !isErrorCode(code))).toEqual([]);
});
