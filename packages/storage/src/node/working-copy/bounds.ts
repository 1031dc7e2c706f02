/** How much of an agent's folder is copied. */

/** Bounds of a copy, in and out; bytes and ms. */
export interface CopyBounds {
  /** Files, links and folders. */
  entries: number;
  bytes: number;
  /** Of one file that the turn made or changed: it is held in memory while it is sent. */
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

/** The folder is larger than a copy may be. */
export class FolderTooLarge extends Error {
  override name = 'FolderTooLarge';
}
