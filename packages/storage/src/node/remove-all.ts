/**
 * Removes a folder that an untrusted process has filled, however full or deep it is, whatever the names are. Nothing may be
 * changing it any more. Each folder is moved into one bin before it is emptied, so that no path is ever longer than two
 * names; no link is followed.
 */
import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  lstatSync,
  mkdirSync,
  opendirSync,
  openSync,
  renameSync,
  rmdirSync,
  unlinkSync,
} from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { descriptorPath, folderFlags, isMissing } from './open-below.ts';

const SLICE = 100;

/** Removes the folder at this path, which is ours; a missing one is no error. */
export async function removeAll(path: string): Promise<void> {
  let root: number;
  try {
    root = openSync(path, folderFlags);
  } catch (error) {
    if (isMissing(error)) return;
    throw error;
  }
  const bin = Buffer.from(randomUUID());
  const binPath = below(root, bin);
  mkdirSync(binPath, { mode: 0o700 });
  const binFd = openSync(binPath, folderFlags);
  try {
    let moved = 0;
    const throwAway = (folder: Buffer) => {
      // Who moves a folder must be able to write it.
      chmodSync(folder, 0o700);
      renameSync(folder, below(binFd, Buffer.from(String(moved++))));
    };
    await empty(root, throwAway, bin);
    for (let names = firstNames(binFd); names.length > 0; names = firstNames(binFd)) {
      for (const name of names) {
        const fd = openSync(below(binFd, name), folderFlags);
        try {
          await empty(fd, throwAway);
        } finally {
          closeSync(fd);
        }
        rmdirSync(below(binFd, name));
      }
    }
    rmdirSync(binPath);
  } finally {
    closeSync(binFd);
    closeSync(root);
  }
  rmdirSync(path);
}

/** Unlinks all in a folder; `onFolder` moves the folders out of it. */
async function empty(fd: number, onFolder: (path: Buffer) => void, except?: Buffer): Promise<void> {
  for (;;) {
    const names = firstNames(fd).filter((name) => except === undefined || !name.equals(except));
    if (names.length === 0) return;
    for (const name of names) {
      const path = below(fd, name);
      if (lstatSync(path).isDirectory()) onFolder(path);
      else unlinkSync(path);
    }
    await setImmediate();
  }
}

/** Names as bytes, each of which is a character of Latin-1: not all are UTF-8. */
function firstNames(fd: number): Buffer[] {
  const names: Buffer[] = [];
  const folder = opendirSync(descriptorPath(fd), { encoding: 'latin1', bufferSize: SLICE });
  try {
    for (let entry = folder.readSync(); entry !== null; entry = folder.readSync()) {
      names.push(Buffer.from(entry.name, 'latin1'));
      if (names.length > SLICE) break;
    }
  } finally {
    folder.closeSync();
  }
  return names;
}

function below(fd: number, name: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${descriptorPath(fd)}/`), name]);
}
