/** The errors of requests by S3, in one form. */
import { StorageError } from '../bucket/errors.ts';

/** S3's answer `status` with `code` to a request. */
export function refusal(method: string, what: string, status: number, code: string): StorageError {
  const transient =
    status >= 500 || status === 429 || status === 408 || code === 'ConditionalRequestConflict';
  const cause = code === '' ? `status ${status}` : `${code}, status ${status}`;
  return new StorageError(`storage refused ${method} ${what} (${cause})`, code || String(status), transient);
}

/** No answer came in time, or the connection broke. */
export function unreachable(method: string, what: string, error: unknown): StorageError {
  const cause = error instanceof Error ? (error.cause instanceof Error ? error.cause : error).message : '';
  return new StorageError(`storage gave no answer to ${method} ${what} (${cause})`, 'unreachable', true);
}
