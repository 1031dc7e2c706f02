/** A new file that is whole or not there: written as `{path}.unfinished`, then given its name, never over another. */
import { constants, fstatSync } from 'node:fs';
import { link, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode } from '@tinyfat/core';
import type { ByteSink } from '../archive/write-archive.ts';

/** The path is taken; `message` is a sentence. */
export class FileExistsError extends Error {
  override name = 'FileExistsError';
}

/**
 * Writes the file by what `fill` hands over, and gives what that gives; only we can read it. What a call before left unfinished is replaced. Where
 * anything fails nothing is left.
 */
export async function writeNewFile<T>(path: string, fill: (sink: ByteSink) => Promise<T>): Promise<T> {
  const unfinished = `${path}.unfinished`;
  await refuseTaken(path);
  await rm(unfinished, { force: true });
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const file = await open(unfinished, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  let filled: T;
  try {
    try {
      filled = await fill(async (bytes) => {
        for (let written = 0; written < bytes.length; ) {
          written += (await file.write(bytes, written)).bytesWritten;
        }
      });
      await file.sync();
    } finally {
      await file.close();
    }
    // A link, unlike a rename, never takes the place of what is there.
    await link(unfinished, path).catch((error) => {
      throw errorCode(error) === 'EEXIST' ? taken(path) : error;
    });
  } finally {
    await rm(unfinished, { force: true });
  }
  const folder = await open(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
  return filled;
}

async function refuseTaken(path: string): Promise<void> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    await file.close();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return;
  }
  throw taken(path);
}

function taken(path: string): FileExistsError {
  return new FileExistsError(`${path} is there already. Name a file that is not.`);
}

/** Opens an archive to be read. Throws what open(2) does. */
export async function* readFileInPieces(path: string): AsyncGenerator<Uint8Array> {
  const file = await open(path, constants.O_RDONLY);
  try {
    if (fstatSync(file.fd).isDirectory()) throw new Error(`${path} is a folder`);
    for (;;) {
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(256 * 1024));
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}
