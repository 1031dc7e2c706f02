import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ApiErrorType, sendApiError } from './api-error.ts';

/** Why the body of a request is not taken, as it is answered: a sentence with what to do. */
export interface BodyRefusal {
  status: 400 | 408 | 413 | 429;
  type: ApiErrorType;
  reason: string;
}

/** One body is too large; `limit` in bytes. */
export function tooLarge(limit: number): BodyRefusal {
  const reason = `the request is over ${limit} bytes; send less, for example by compacting the conversation`;
  return { status: 413, type: 'request_too_large', reason };
}

/** Other bodies hold all the memory there is. */
export const NO_ROOM: BodyRefusal = {
  status: 429,
  type: 'rate_limit_error',
  reason:
    'too much is sent to the LLM at once; wait until a request has been answered, then send this one again',
};

/** The body costs far more memory than it has bytes. */
export const SMALL_CHUNKS: BodyRefusal = {
  status: 400,
  type: 'invalid_request_error',
  reason: 'the request comes in too many small chunks; send it with a content-length, or in larger ones',
};

/** The run has sent all that it may; `limit` in bytes. */
export function usedUp(limit: number): BodyRefusal {
  const reason = `this run has sent ${limit} bytes of requests to the LLM, the most that it may; end the turn`;
  return { status: 413, type: 'request_too_large', reason };
}

/** The body did not come to its end in time. */
export function late(milliseconds: number): BodyRefusal {
  const reason = `the request did not arrive within ${milliseconds} ms; send it again without a pause`;
  return { status: 408, type: 'invalid_request_error', reason };
}

/** Answers with the refusal. What of the body still comes is not waited for: the connection ends behind the answer. */
export function refuseBody(request: IncomingMessage, response: ServerResponse, refusal: BodyRefusal): void {
  if (!request.complete) response.shouldKeepAlive = false;
  sendApiError(response, refusal.status, refusal.type, refusal.reason);
}
