/** The way back from an upgrade: a copy of the database as it was, beside it. */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Beyond this a copy would hold up the start, and the operator has a backup of such a database anyway. */
const MOST_BYTES = 1024 * 1024 * 1024;

/** Where the copy lies, or why there is none: `too_large` for this, or `no_room` on the disk. */
export type CopyBeforeUpgrade = { ok: true; path: string } | { ok: false; reason: 'too_large' | 'no_room' };

/**
 * Copies what is committed into `{path}.before-upgrade`, in the place of an earlier copy, and fsyncs it. The caller
 * holds the write lock, so that nobody else writes to either. Throws when the disk does not take it.
 */
export function copyBeforeUpgrade(path: string): CopyBeforeUpgrade {
  const copy = `${path}.before-upgrade`;
  const unfinished = `${copy}.unfinished`;
  rmSync(unfinished, { force: true });
  const bytes = statSync(path).size + (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0);
  if (bytes > MOST_BYTES) return { ok: false, reason: 'too_large' };
  const { bavail, bsize } = statfsSync(dirname(path));
  // The upgrade itself needs as much again in its log.
  if (bavail * bsize < 3 * bytes) return { ok: false, reason: 'no_room' };
  // VACUUM INTO takes an empty file; nobody else may read this one.
  closeSync(openSync(unfinished, 'wx', 0o600));
  const source = new DatabaseSync(path);
  try {
    source.prepare('vacuum into ?').run(unfinished);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  } finally {
    source.close();
  }
  syncPath(unfinished);
  renameSync(unfinished, copy);
  syncPath(dirname(path));
  return { ok: true, path: copy };
}

function syncPath(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
