/**
 * Reads files of the agent's folder. The agent can have put anything in their place: a link to what never ends, a pipe
 * that nobody writes to, a file of terabytes. Only a plain file is opened, and only so much of it is read.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

/** The beginning of a file and its size in bytes, or what is the matter, to stand after its name. */
export type PlainFile =
  | { ok: true; bytes: Buffer; size: number }
  | { ok: false; missing: boolean; reason: string };

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;

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
