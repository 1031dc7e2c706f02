/** Errors over HTTP: problem details (RFC 9457) with a code of core's list and its next step. */
import { describeError, type ErrorCode, type HttpCode, httpErrors } from '@tinyfat/core';

const PROBLEM = 'application/problem+json';

/** The body of a refusal. `detail` says what is the matter in this case. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  code: ErrorCode;
  detail: string;
  next_step: string;
}

/** Whether an answer is one. */
export function isProblem(answer: Response): boolean {
  return answer.headers.get('content-type') === PROBLEM;
}

/** An answer that says no; its status belongs to the code unless another is named. */
export function problem(
  code: HttpCode,
  detail?: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return problemOf(code, httpErrors[code].status, detail, headers);
}

/** The same for any code of the list, with another next step than the code's where one is given. */
export function problemOf(
  code: ErrorCode,
  status: number,
  detail?: string,
  headers: Readonly<Record<string, string>> = {},
  nextStepHere?: string,
): Response {
  const { sentence, nextStep } = describeError(code);
  const body: Problem = {
    type: `urn:tinyfat:error:${code}`,
    title: sentence,
    status,
    code,
    detail: detail ?? sentence,
    next_step: nextStepHere ?? nextStep,
  };
  return new Response(`${JSON.stringify(body)}\n`, {
    status,
    headers: { 'content-type': PROBLEM, ...headers },
  });
}
