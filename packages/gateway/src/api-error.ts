/** Answers of the gateway's own, in the words of the Messages API (https://docs.anthropic.com/en/api/errors). */

type ApiErrorType =
  | 'invalid_request_error'
  | 'authentication_error'
  | 'not_found_error'
  | 'request_too_large'
  | 'rate_limit_error'
  | 'api_error';

/** Why a request gets no answer of the model; `reason` is a sentence with what to do. */
export interface LlmRefusal {
  status: number;
  type: ApiErrorType;
  reason: string;
}

/** The refusal as an answer. */
export function apiError({ status, type, reason }: LlmRefusal): Response {
  const body = JSON.stringify({ type: 'error', error: { type, message: `tinyfat gateway: ${reason}` } });
  return new Response(body, {
    status,
    headers: {
      'content-type': 'application/json',
      'content-length': String(new TextEncoder().encode(body).length),
      ...(status === 429 ? { 'retry-after': '1' } : {}),
    },
  });
}
