/** What goes wrong with a bucket. */

/** The storage refused a request, or could not be reached. Its message holds no secret. */
export class StorageError extends Error {
  override name = 'StorageError';
  /** One word: the code of S3, such as `AccessDenied` or `ExpiredToken`; `unreachable` where no answer came. */
  readonly code: string;
  /** Another try later may work. */
  readonly transient: boolean;

  constructor(message: string, code: string, transient: boolean) {
    super(message);
    this.code = code;
    this.transient = transient;
  }
}
