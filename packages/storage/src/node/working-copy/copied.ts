/** What a copy knows of each thing that it brought in, so that going out only what was changed is sent. */
import type { BigIntStats } from 'node:fs';
import type { Stored } from '../../copy/stored.ts';

/** One object that was copied in, by its path; a folder's path ends with a slash. */
export interface Copied extends Stored {
  /** How it lay on disk after it was written; null where that is not known, and its content counts. */
  state: FileState | null;
}

/** What no process inside can change back: the kernel sets the time of change. */
export interface FileState {
  inode: bigint;
  changedNs: bigint;
  size: bigint;
}

export function stateOf({ ino, ctimeNs, size }: BigIntStats): FileState {
  return { inode: ino, changedNs: ctimeNs, size };
}

export function isSameState(a: FileState | null, b: FileState): boolean {
  return a !== null && a.inode === b.inode && a.changedNs === b.changedNs && a.size === b.size;
}
