/** DATA_DIR: what lies where in it, and what every command opens. */
import { chmodSync, existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type AgentFolders, type MasterKeys, type RawMailStore, renderError } from '@tinyfat/core';
import { type Database, type MasterKeySource, masterKeySource } from '@tinyfat/database';
import { openPostgres } from '@tinyfat/database/postgres';
import { openSqlite, type Upgrade } from '@tinyfat/database/sqlite';
import type { FolderTrees } from '@tinyfat/storage';
import { masterKeyFile, type TurnFolders } from '@tinyfat/storage/node';
import type { Config } from './config.ts';
import { makeUnlessThere } from './files/make-unless-there.ts';
import { type DatabasePlace, filePlace, postgresPlace } from './move/database-place.ts';
import { openStorage } from './storage.ts';

/** Paths below DATA_DIR. */
export function dataPaths(dataDir: string) {
  return {
    agents: join(dataDir, 'agents'),
    database: join(dataDir, 'tinyfat.sqlite'),
    rawMail: join(dataDir, 'raw-mail'),
    mailbox: join(dataDir, 'mailbox'),
    cache: join(dataDir, 'cache'),
    faults: join(dataDir, 'faults'),
    address: join(dataDir, 'server.json'),
    masterKeys: join(dataDir, 'master-keys'),
    signInKey: join(dataDir, 'sign-in-key'),
    turns: join(dataDir, 'run', 'turns'),
    sandbox: join(dataDir, 'run', 'sandbox'),
    /** Is there while a restore into the folder has not ended. */
    unfinished: join(dataDir, 'restore-unfinished'),
  };
}

/** What may lie in a folder that is to become one, beside hidden files: ours, and what a file system has at its root. */
const EXPECTED = [...Object.values(dataPaths('')).map((path) => path.split('/')[0]), 'lost+found'];

/** The folder holds files of something else: its mode would be taken from it. `path` is the folder. */
export class ForeignFolderError extends Error {
  override name = 'ForeignFolderError';
  readonly path: string;

  constructor(path: string, found: string) {
    super(`${path} holds ${found}, and no tinyfat.sqlite`);
    this.path = path;
  }
}

/**
 * Makes DATA_DIR where it is not there, and keeps everybody else out of it. Rejects where it holds files of something
 * else.
 */
export function makeDataFolder(dataDir: string): void {
  const missing: string[] = [];
  for (let path = dataDir; !existsSync(path); path = dirname(path)) missing.unshift(path);
  // One by one: below /proc the recursive way of Node never ends.
  for (const path of missing) makeUnlessThere(path);
  const foreign = foreignIn(dataDir);
  if (foreign !== null) throw new ForeignFolderError(dataDir, foreign);
  // It may have been made by somebody else, for example with 0755 by systemd.
  chmodSync(dataDir, 0o700);
}

/** The name of a file that is none of ours, in a folder without our database; null where there is none. */
export function foreignIn(dataDir: string): string | null {
  const found = readdirSync(dataDir);
  if (found.includes('tinyfat.sqlite')) return null;
  const isExpected = (name: string) =>
    EXPECTED.includes(name) || name.startsWith('tinyfat.sqlite') || name.startsWith('.');
  return found.find((name) => !isExpected(name)) ?? null;
}

/** A restore into the folder was cut off: what is there is not whole. `detail` names the folder. */
export class UnfinishedRestoreError extends Error {
  override name = 'UnfinishedRestoreError';
  readonly code = 'restore_unfinished';
  readonly detail: string;

  constructor(dataDir: string) {
    const detail = `In ${dataDir} lies the file restore-unfinished.`;
    super(renderError('restore_unfinished', detail));
    this.detail = detail;
  }
}

/** What is stored, wherever it is stored. */
export interface Stores {
  db: Database;
  folders: AgentFolders & FolderTrees;
  rawMail: RawMailStore;
}

/** An open data folder; the same for the server and for commands beside it. */
export interface DataFolder extends Stores {
  paths: ReturnType<typeof dataPaths>;
  /** How turns of this machine get an agent's folder. */
  turnFolders: TurnFolders;
  close(): Promise<void>;
}

/** Where things are stored. */
export type DataSettings = Pick<Config, 'dataDir' | 'database'> & Partial<Pick<Config, 'storage'>>;

/** What happens to the database while it is opened and used. */
interface DatabaseEvents {
  /** It was brought up to date; `copy` is null on Postgres, of which none is made. */
  onUpgrade?(upgrade: Pick<Upgrade, 'from' | 'to'> & { copy: Upgrade['copy'] | null }): void;
  /** A connection to Postgres broke while nobody used it. */
  onIdleError?(error: Error): void;
}

/** Postgres where it is set, else the file in the folder. */
async function openDatabase(
  { dataDir, database }: DataSettings,
  { onUpgrade = () => {}, onIdleError }: DatabaseEvents,
): Promise<Database> {
  if (database === null) return await openSqlite(dataPaths(dataDir).database, onUpgrade);
  return await openPostgres({
    ...database,
    ...(onIdleError ? { onIdleError } : {}),
    onUpgrade: (upgrade) => onUpgrade({ ...upgrade, copy: null }),
  });
}

/**
 * Makes the folder if need be, brings the tables up to date, opens everything; what is beside the database lies in
 * `storage`, or in the folder where that is null. Rejects with `NewerDatabaseError` where a newer version has been at work,
 * with `UnfinishedRestoreError` where a restore was cut off.
 */
export async function openDataFolder(
  settings: DataSettings,
  events: DatabaseEvents = {},
): Promise<DataFolder> {
  const paths = dataPaths(settings.dataDir);
  makeDataFolder(settings.dataDir);
  if (existsSync(paths.unfinished)) throw new UnfinishedRestoreError(settings.dataDir);
  const db = await openDatabase(settings, events);
  return {
    paths,
    db,
    ...openStorage(settings.storage ?? null, paths),
    close: () => db.destroy(),
  };
}

/** The database that the settings name, as a whole; of Postgres by the URL that is no pooler. */
export function configuredDatabase({ dataDir, database }: DataSettings): DatabasePlace {
  if (database === null) return filePlace(dataPaths(dataDir).database);
  const read = postgresPlace(database.directUrl, database.authorities);
  if (!read.ok) throw new Error(`The address of the database ${read.reason}.`);
  return read.place;
}

/** Where the master keys are by the settings: in MASTER_KEYS, else in the generated file of the folder. */
export function masterKeysOf(
  { masterKeys }: { masterKeys: MasterKeys | null },
  { paths }: Pick<DataFolder, 'paths'>,
): MasterKeySource {
  return masterKeySource(masterKeys, masterKeyFile(paths.masterKeys));
}
