/** What a storage that fails, or a folder that is too large for it, means for a turn. */
import type { Logger, TurnOutcome } from '@tinyfat/core';
import { StorageError } from '@tinyfat/storage';
import { FolderTooLarge } from '@tinyfat/storage/copy';

/** Rethrows what is neither the storage's fault nor the folder's. */
export function storageFailure(
  logger: Pick<Logger, 'warn'>,
  run: string,
  error: unknown,
): Extract<TurnOutcome, { ok: false }> {
  if (error instanceof FolderTooLarge)
    return { ok: false, code: 'folder_too_large', message: error.message, retry: false };
  if (!(error instanceof StorageError)) throw error;
  logger.warn('storage_fault', { run, error: error.message });
  // The sender may read this: neither bucket nor files are named.
  return { ok: false, code: 'storage_unavailable', message: `It said ${error.code}.`, retry: true };
}
