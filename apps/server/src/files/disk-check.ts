/** Whether what is accepted can be stored: room on the file system of DATA_DIR, and a file that is really on disk. */
import { open, statfs, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '@tinyfat/core';
import { within } from './within.ts';

/** What `statfs` says of a file system (statvfs(3)). */
export interface FileSystemRoom {
  /** Bytes of a block, and blocks that are left for an ordinary user. */
  bsize: number;
  bavail: number;
  /** Inodes; those of a file system without a fixed number are 0. */
  files: number;
  ffree: number;
}

export interface DiskCheckOptions {
  dataDir: string;
  room?: (path: string) => Promise<FileSystemRoom>;
  /** Ms for the write. */
  withinMs?: number;
}

const MEGABYTE = 1024 * 1024;
/** Room for two of the largest mails with what SQLite writes beside them; below it mail will soon be put off. */
const LEAST_FREE_BYTES = 64 * MEGABYTE;
/** A mail is one file, its turn some ten more. */
const LEAST_FREE_INODES = 1000;
const WITHIN_MS = 5000;
const TEST_FILE = '.write-test';
const NEXT_STEP = 'Free space on it, or see that it is mounted read-write';

/** Null, or what is wrong with it and what to do. */
export async function diskProblem(parts: DiskCheckOptions): Promise<string | null> {
  const { dataDir, room = statfs, withinMs = WITHIN_MS } = parts;
  const tooLittle = roomProblem(await room(dataDir));
  if (tooLittle !== null) return tooLittle;
  // A disk that hangs is one that can't be written.
  const written = await within(withinMs, writeTest(join(dataDir, TEST_FILE))).catch(textOf);
  return written === null ? null : `DATA_DIR can not be written (${written}). ${NEXT_STEP}.`;
}

/** Null, or what there is too little of for mail to be taken. */
export function roomProblem({ bsize, bavail, files, ffree }: FileSystemRoom): string | null {
  const free = bsize * bavail;
  if (free < LEAST_FREE_BYTES) {
    const [has, needs] = [free, LEAST_FREE_BYTES].map((bytes) => Math.floor(bytes / MEGABYTE));
    return `The file system of DATA_DIR has ${has} MB left, and needs ${needs}. ${NEXT_STEP}.`;
  }
  if (files > 0 && ffree < LEAST_FREE_INODES) {
    return `The file system of DATA_DIR has ${ffree} inodes left, and needs ${LEAST_FREE_INODES}. Remove files from it.`;
  }
  return null;
}

/** Writes and syncs a block, and takes it away; the code of the system's error where that fails. */
async function writeTest(path: string): Promise<string | null> {
  try {
    const file = await open(path, 'w', 0o600);
    try {
      await file.writeFile(new Uint8Array(4096));
      await file.sync();
    } finally {
      await file.close();
      await unlink(path);
    }
    return null;
  } catch (error) {
    return errorCode(error) || textOf(error);
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
