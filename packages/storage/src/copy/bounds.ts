/** How much of an agent's folder is copied. */
import type { Clock } from '@tinyfat/core';
import { StorageError } from '../bucket/errors.ts';

/** Bounds of a copy, in and out; bytes and ms. */
export interface CopyBounds {
  /** Files, links and folders. */
  entries: number;
  bytes: number;
  /** Of one file that the turn made or changed. */
  fileBytes: number;
  /** For all of one way. */
  withinMs: number;
}

export const COPY_BOUNDS: CopyBounds = {
  entries: 20_000,
  bytes: 2 * 1024 ** 3,
  fileBytes: 64 * 1024 ** 2,
  withinMs: 5 * 60_000,
};

/** Metadata holds 2 KB in all, and a byte of a target takes up to three. */
const MAX_TARGET_BYTES = 500;

/** Why a link with this target is not stored, a sentence part; null where it is. */
export function whyNoLink(target: string): string | null {
  const fits = new TextEncoder().encode(target).length <= MAX_TARGET_BYTES && target.isWellFormed();
  return fits ? null : `is a link to a name of more than ${MAX_TARGET_BYTES} bytes`;
}

/** Throws a `StorageError` with the code `copy_deadline` once the time of a copy is over. */
export function within(clock: Clock, { withinMs }: Pick<CopyBounds, 'withinMs'>): () => void {
  const end = clock() + withinMs;
  return () => {
    if (clock() > end)
      throw new StorageError(`copying a folder took longer than ${withinMs / 1000} s`, 'copy_deadline', true);
  };
}

/** The folder is larger than a copy may be. */
export class FolderTooLarge extends Error {
  override name = 'FolderTooLarge';
}
