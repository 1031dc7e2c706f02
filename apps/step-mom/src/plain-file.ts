/**
 * Reads and writes files of the agent's folder. The agent can have put anything in their place: a link to what never ends,
 * a pipe that nobody writes to, a file of terabytes. Only a plain file is opened, and only so much of it is read.
 */
import { randomUUID } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  opendirSync,
  openSync,
  readSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** The beginning of a file and its size in bytes, or what is the matter, to stand after its name. */
type PlainFile = { ok: true; bytes: Buffer; size: number } | { ok: false; missing: boolean; reason: string };

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK, O_DIRECTORY } = constants;

/** Reads at most `maxBytes` of a plain file, from its beginning. Never throws, and never waits for a pipe. */
export function readPlainFile(path: string, maxBytes: number): PlainFile {
  let descriptor: number;
  try {
    descriptor = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const reason = code === 'ELOOP' ? 'is a link' : `cannot be opened (${code})`;
    return { ok: false, missing: code === 'ENOENT', reason };
  }
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) {
      return { ok: false, missing: false, reason: stats.isDirectory() ? 'is a folder' : 'is no plain file' };
    }
    const buffer = Buffer.alloc(Math.min(stats.size, maxBytes));
    let length = 0;
    while (length < buffer.length) {
      const read = readSync(descriptor, buffer, length, buffer.length - length, length);
      if (read === 0) break;
      length += read;
    }
    return { ok: true, bytes: buffer.subarray(0, length), size: stats.size };
  } catch {
    return { ok: false, missing: false, reason: 'cannot be read' };
  } finally {
    closeSync(descriptor);
  }
}

/** Names in a folder, `most` at most, in no order; none where it can't be read. */
export function namesIn(folder: string, most: number): string[] {
  const names: string[] = [];
  try {
    const opened = opendirSync(folder);
    try {
      for (let entry = opened.readSync(); entry && names.length < most; entry = opened.readSync()) {
        names.push(entry.name);
      }
    } finally {
      opened.closeSync();
    }
  } catch {
    // No folder, or none that can be read.
  }
  return names;
}

/**
 * Writes a file so that a reader sees all of it or nothing, also after a crash of the machine, once its folder is synced.
 * Throws where the folder can't be written.
 */
export function writeWhole(path: string, text: string): void {
  // A fresh name, opened by nobody else: a pipe of the agent's would keep us waiting.
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
  const descriptor = openSync(temporary, 'wx');
  try {
    writeFileSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(temporary, path);
}

/** Makes a folder durable (fsync). */
export function fsyncFolder(path: string): void {
  const descriptor = openSync(path, O_RDONLY | O_DIRECTORY);
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Makes a file durable (fsync); false where there is no plain file of that name any more. */
export function fsyncPlainFile(path: string): boolean {
  try {
    const descriptor = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      if (!fstatSync(descriptor).isFile()) return false;
      fsyncSync(descriptor);
      return true;
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return false;
  }
}
