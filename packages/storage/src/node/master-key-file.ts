/**
 * The generated master keys: one line in a file of the data folder that nobody but this user can read, written durably
 * and never in place, so that a reader or a crash finds the old line or the new one. Whoever changes it holds its lock in
 * the database.
 */
import { constants, type Stats } from 'node:fs';
import { type FileHandle, link, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import {
  errorCode,
  formatMasterKeys,
  type MasterKeyFile,
  type MasterKeys,
  type MasterKeysOutcome,
  parseMasterKeys,
  quoted,
} from '@tinyfat/core';
import { syncFolder } from './sync.ts';

/** The file at a path. */
export function masterKeyFile(path: string): MasterKeyFile {
  const temporary = `${path}.new`;
  return {
    async read() {
      const opened = await openOwn(path);
      if (!opened.ok) return opened;
      try {
        const parsed = parseMasterKeys((await opened.file.readFile('utf8')).trimEnd());
        return parsed.ok ? parsed : unusable(`${path} ${parsed.reason}.`);
      } finally {
        await opened.file.close();
      }
    },
    async create(keys) {
      await writeNew(temporary, keys);
      try {
        // A link, unlike a rename, never takes the place of what is there.
        await link(temporary, path);
      } finally {
        await rm(temporary);
      }
      await syncFolder(dirname(path));
    },
    async replace(keys) {
      await writeNew(temporary, keys);
      await rename(temporary, path);
      await syncFolder(dirname(path));
    },
  };
}

type Refusal = Extract<MasterKeysOutcome, { ok: false }>;

async function openOwn(path: string): Promise<{ ok: true; file: FileHandle } | Refusal> {
  let file: FileHandle;
  try {
    // Without O_NONBLOCK a named pipe in its place would be waited for.
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    return whyNotOpen(path, error);
  }
  const found = await file.stat();
  const problem = unsafe(path, found);
  if (problem === null) return { ok: true, file };
  await file.close();
  return { ok: false, code: 'master_keys_unsafe', detail: problem };
}

function unsafe(path: string, found: Stats): string | null {
  if (!found.isFile()) return `${path} is no plain file; put a backup of the file in its place.`;
  if (process.getuid !== undefined && found.uid !== process.getuid()) return notOurs(path);
  if ((found.mode & 0o077) !== 0) return `Others can read it; run: chmod 600 ${quoted(path)}`;
  return null;
}

function notOurs(path: string): string {
  const user = process.getuid?.() ?? '';
  return `It belongs to another user; run tinyfat as that user, or: sudo chown ${user} ${quoted(path)}`;
}

function whyNotOpen(path: string, error: unknown): Refusal {
  switch (errorCode(error)) {
    case 'ENOENT':
      return { ok: false, code: 'master_keys_missing', detail: `There is no file ${path}.` };
    case 'EACCES':
    case 'EPERM':
      return { ok: false, code: 'master_keys_unsafe', detail: notOurs(path) };
    case 'ELOOP': {
      const detail = `${path} is a link; put the file itself in its place.`;
      return { ok: false, code: 'master_keys_unsafe', detail };
    }
    default:
      return unusable(`${path}: ${error instanceof Error ? error.message : String(error)}.`);
  }
}

function unusable(detail: string): Refusal {
  return { ok: false, code: 'master_keys_unreadable', detail };
}

/** What lies there already was left by a crash: only the holder of the lock gets here. */
async function writeNew(path: string, keys: MasterKeys): Promise<void> {
  await rm(path, { force: true });
  const file = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  try {
    await file.writeFile(`${formatMasterKeys(keys)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
}
