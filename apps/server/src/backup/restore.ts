/**
 * Restores a backup into an empty data folder, and an empty database. A mark in the folder says that it is unfinished,
 * from before the first byte until everything is durable: nothing starts on it, and a restore that was cut off is begun
 * anew over what it left.
 */
import { constants, existsSync, readdirSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { MasterKeys } from '@tinyfat/core';
import { type HeldDelivery, holdRestored } from '@tinyfat/database';
import { copyRows, unknownTo } from '@tinyfat/database/copy';
import { StrangeSchemaError, withSqliteSource } from '@tinyfat/database/sqlite';
import { masterKeyFile } from '@tinyfat/storage/node';
import { ArchiveError } from '@tinyfat/storage/tar';
import { configuredDatabase, type DataSettings, dataPaths, makeDataFolder } from '../data-folder.ts';
import { lockDataFolder } from '../files/lock.ts';
import { onTarget, targetRules } from '../move/database-place.ts';
import { openStorage } from '../storage.ts';
import { extractBackup } from './extract-backup.ts';
import type { ServerKeys } from './keys-file.ts';
import type { About, Manifest } from './manifest.ts';

export interface RestoreDeps {
  settings: DataSettings;
  /** The bytes of the archive; asked for once. */
  source(): AsyncIterable<Uint8Array>;
  /** Keys to put into the folder; null: none are at hand. */
  keys: ServerKeys | null;
  onProgress(news: RestoreNews): void;
}

export type RestoreNews =
  | { step: 'begun_anew' }
  | { step: 'files'; messages: number; agents: number }
  | { step: 'rows'; table: string; done: number; total: number };

/** What is there now; or a sentence on why nothing is, and what to do. */
export type Restored =
  | { ok: true; about: About; manifest: Manifest; held: HeldDelivery[] }
  | { ok: false; reason: string };

/** Restores, or begins a restore anew that was cut off. Throws what the disk and the database do. */
export async function restoreBackup(deps: RestoreDeps): Promise<Restored> {
  const { dataDir } = deps.settings;
  makeDataFolder(dataDir);
  const lock = lockDataFolder(dataDir);
  if (!lock.ok) return { ok: false, reason: `${lock.reason} ${lock.fix}` };
  try {
    return await restoreLocked(deps);
  } catch (error) {
    if (error instanceof ArchiveError || error instanceof StrangeSchemaError)
      return { ok: false, reason: error.message };
    throw error;
  } finally {
    lock.release();
  }
}

async function restoreLocked(deps: RestoreDeps): Promise<Restored> {
  const { dataDir } = deps.settings;
  const paths = dataPaths(dataDir);
  const database = configuredDatabase(deps.settings);
  const isSqlite = database.kind === 'sqlite';
  if (existsSync(paths.unfinished)) {
    deps.onProgress({ step: 'begun_anew' });
  } else {
    const found = [...(isSqlite ? [paths.database] : []), paths.agents, paths.rawMail].find(hasContent);
    if (found !== undefined) {
      const reason = `${found} is there already. A backup is restored into an empty folder: set DATA_DIR to another one.`;
      return { ok: false, reason };
    }
  }
  const clash = await keysClash(paths, deps.keys);
  if (clash !== null) return { ok: false, reason: clash };
  await writeMark(paths.unfinished, dataDir);
  const scratch = `${paths.database}.of-backup`;
  const rows = isSqlite ? ['', '-wal', '-shm'].map((end) => `${paths.database}${end}`) : [];
  for (const path of [scratch, paths.agents, paths.rawMail, ...rows]) {
    rmSync(path, { recursive: true, force: true });
  }

  const files = openStorage(deps.settings.storage ?? null, paths);
  const { about, manifest } = await extractBackup(
    {
      ...files,
      scratch,
      onAbout: refuseNewer,
      onProgress: (done) => deps.onProgress({ step: 'files', ...done }),
    },
    deps.source(),
  );
  // What every agent has, durable with all that was put there before.
  for (const { id } of manifest.agents) await files.folders.create(id, {});
  let held: HeldDelivery[] = [];
  const copied = await withSqliteSource(scratch, (from) =>
    onTarget(database, (to) =>
      copyRows({
        from,
        to,
        fromPlace: 'The database of the backup',
        onProgress: (news) => {
          if (news.step === 'rows') deps.onProgress(news);
        },
        ...targetRules(database),
        beforeEnd: async (tx) => {
          held = await holdRestored(tx);
        },
      }),
    ),
  );
  if (!copied.ok) return { ok: false, reason: `${database.shown}: ${copied.detail}` };
  await writeKeys(paths, deps.keys);
  rmSync(scratch, { force: true });
  await syncFolder(dataDir);
  rmSync(paths.unfinished);
  await syncFolder(dataDir);
  return { ok: true, about, manifest, held };
}

function hasContent(path: string): boolean {
  if (!existsSync(path)) return false;
  try {
    return readdirSync(path).length > 0;
  } catch {
    return true;
  }
}

function refuseNewer({ migrations, version }: About): void {
  const [unknown] = unknownTo(migrations);
  if (unknown === undefined) return;
  throw new ArchiveError(
    `The backup was made by a newer tinyfat (${JSON.stringify(version)}) than this one. Restore it with that version.`,
  );
}

type Paths = ReturnType<typeof dataPaths>;

/** Keys may have been put there before; others are not replaced. */
async function keysClash(paths: Paths, keys: ServerKeys | null): Promise<string | null> {
  for (const [path, wanted] of keyFiles(paths, keys)) {
    if (wanted === null || !existsSync(path)) continue;
    const found = await masterKeyFile(path).read();
    if (!found.ok || idsOf(found.keys) !== idsOf(wanted)) {
      return `${path} is there already, with other keys than those to be restored. Move it away, or restore without --keys.`;
    }
  }
  return null;
}

async function writeKeys(paths: Paths, keys: ServerKeys | null): Promise<void> {
  for (const [path, wanted] of keyFiles(paths, keys)) {
    if (wanted !== null && !existsSync(path)) await masterKeyFile(path).create(wanted);
  }
}

function keyFiles(paths: Paths, keys: ServerKeys | null): [string, MasterKeys | null][] {
  return [
    [paths.masterKeys, keys?.masterKeys ?? null],
    [paths.signInKey, keys?.signInKey ?? null],
  ];
}

const idsOf = (keys: MasterKeys) =>
  keys.map(({ id, bytes }) => `${id}:${Buffer.from(bytes).toString('hex')}`).join();

async function writeMark(path: string, dataDir: string): Promise<void> {
  const file = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  try {
    await file.writeFile('A restore into this folder was begun and has not ended.\n');
    await file.sync();
  } finally {
    await file.close();
  }
  await syncFolder(dataDir);
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
