/** What goes wrong with storage that is reached by S3. */

/** S3 refused a request, or could not be reached. Its message holds no secret. */
export class StorageError extends Error {
  override name = 'StorageError';
  /** One word: S3's code, such as `AccessDenied` or `ExpiredToken`; `unreachable` where no answer came. */
  readonly code: string;
  /** Another try later may work. */
  readonly transient: boolean;

  constructor(message: string, code: string, transient: boolean) {
    super(message);
    this.code = code;
    this.transient = transient;
  }
}

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
