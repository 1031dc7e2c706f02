/** The errors of calls by an R2 binding, in one form (developers.cloudflare.com/r2/api/error-codes). */
import { StorageError } from '../bucket/errors.ts';

/** R2's numbers, as the codes that S3 has for the same. */
const CODES: Record<string, string> = {
  10001: 'InternalError',
  10002: 'Unauthorized',
  10003: 'AccessDenied',
  10006: 'NoSuchBucket',
  10012: 'MetadataTooLarge',
  10013: 'IncompleteBody',
  10020: 'InvalidObjectName',
  10037: 'BadDigest',
  10042: 'NotEntitled',
  10043: 'ServiceUnavailable',
  10054: 'ClientDisconnect',
  10058: 'TooManyRequests',
  10069: 'ObjectLockedByBucketPolicy',
  100100: 'EntityTooLarge',
};
const TRANSIENT: readonly string[] = [
  'InternalError',
  'IncompleteBody',
  'ServiceUnavailable',
  'ClientDisconnect',
  'TooManyRequests',
];
/** An answer that was none of R2's own, such as that of a proxy on the way. */
const UNSPECIFIED = '0';

/** What a call rejected with. Errors of R2 end with their number; without one the call got no answer, or is wrong itself. */
export function failure(method: string, key: string, error: unknown): StorageError {
  if (error instanceof StorageError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const number = /\((\d{1,6})\)\s*$/.exec(message)?.[1];
  if (number !== undefined && number !== UNSPECIFIED) {
    const code = CODES[number] ?? number;
    return new StorageError(
      `storage refused ${method} ${key} (${code}, R2 ${number})`,
      code,
      isTransient(code),
    );
  }
  if (error instanceof TypeError || error instanceof RangeError)
    return new StorageError(
      `the binding of the storage refused ${method} ${key} (${message})`,
      'invalid',
      false,
    );
  return new StorageError(`storage gave no answer to ${method} ${key} (${message})`, 'unreachable', true);
}

function isTransient(code: string): boolean {
  return TRANSIENT.includes(code);
}
