/** Writes one file of a folder, whole and durable, also over what an untrusted process put in its place. */
import { randomUUID } from 'node:crypto';
import { closeSync, constants, lstatSync, openSync, renameSync, unlinkSync, write } from 'node:fs';
import { promisify } from 'node:util';
import { descriptorPath, type GiveToOwner } from './open-below.ts';
import { sync } from './sync.ts';

const writeFrom = promisify(write);

/** Writes under a fresh name (O_EXCL: a planted file or link is never opened), then renames over the target. */
export async function replaceFile(
  folderFd: number,
  name: string,
  bytes: Uint8Array | string,
  own: GiveToOwner,
  executable = false,
): Promise<void> {
  const temporary = descriptorPath(folderFd, `.${randomUUID()}.part`);
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const fd = openSync(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, executable ? 0o755 : 0o644);
  try {
    try {
      const buffer = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
      for (let written = 0; written < buffer.length; ) {
        written += (await writeFrom(fd, buffer, written)).bytesWritten;
      }
      own(fd);
      await sync(fd);
    } finally {
      closeSync(fd);
    }
    moveFolderAside(folderFd, name);
    renameSync(temporary, descriptorPath(folderFd, name));
  } catch (error) {
    try {
      unlinkSync(temporary);
    } catch {
      // Already renamed or never made; the first error is the one to report.
    }
    throw error;
  }
  await sync(folderFd);
}

/** A rename replaces anything but a folder, so that one in the place of config.json would stop every change of it. */
function moveFolderAside(folderFd: number, name: string): void {
  const path = descriptorPath(folderFd, name);
  if (!lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
  renameSync(path, descriptorPath(folderFd, `${name.slice(0, 40)}.in-the-way-${randomUUID()}`));
}
