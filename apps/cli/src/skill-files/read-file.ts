/** Reads plain files, no links, and no more bytes than allowed. */
import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { errorCode } from '@tinyfat/core';
import { SkillRefused } from '@tinyfat/platform';

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;

/**
 * The bytes of a plain file of at most `maxBytes`, and what it is. Throws SkillRefused with `name` in its sentence. A pipe
 * or device is not waited for. `follow`: it may be a link, because a person named it.
 */
export function readPlainFile(
  path: string,
  name: string,
  maxBytes: number,
  follow = false,
): { bytes: Uint8Array; stats: Stats } {
  const fd = open(path, name, follow ? 0 : O_NOFOLLOW);
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile()) throw new SkillRefused(`${name} is ${kindOf(stats)}; only plain files are taken.`);
    const bytes = new Uint8Array(Math.min(stats.size, maxBytes) + 1);
    let length = 0;
    while (length < bytes.length) {
      const read = readSync(fd, bytes, length, bytes.length - length, null);
      if (read === 0) break;
      length += read;
    }
    if (length > maxBytes) throw new SkillRefused(`${name} has more than ${maxBytes} bytes.`);
    if (length > stats.size) throw new SkillRefused(`${name} grows while it is read.`);
    return { bytes: bytes.subarray(0, length), stats };
  } finally {
    closeSync(fd);
  }
}

/** What it is, for a sentence. */
export function kindOf(stats: Pick<Stats, 'isSymbolicLink' | 'isDirectory'>): string {
  if (stats.isSymbolicLink()) return 'a link';
  return stats.isDirectory() ? 'a folder' : 'a pipe, socket or device';
}

function open(path: string, name: string, flag: number): number {
  try {
    return openSync(path, O_RDONLY | O_NONBLOCK | flag);
  } catch (error) {
    const code = errorCode(error);
    throw new SkillRefused(
      code === 'ELOOP'
        ? `${name} is a link; only plain files are taken.`
        : `${name} can not be read (${code}).`,
    );
  }
}
