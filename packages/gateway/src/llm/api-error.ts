import type { ServerResponse } from 'node:http';

/** Error types of the Messages API (https://docs.anthropic.com/en/api/errors). */
export type ApiErrorType =
  | 'invalid_request_error'
  | 'authentication_error'
  | 'permission_error'
  | 'not_found_error'
  | 'request_too_large'
  | 'rate_limit_error'
  | 'api_error';

/** Answers with an error as the Messages API words it; a no-op when an answer has begun. */
export function sendApiError(
  response: ServerResponse,
  status: number,
  type: ApiErrorType,
  message: string,
): void {
  if (response.headersSent || response.destroyed) return;
  const body = JSON.stringify({ type: 'error', error: { type, message: `tinyfat gateway: ${message}` } });
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    ...(status === 429 ? { 'retry-after': '1' } : {}),
  });
  response.end(body);
}
