/** Where a database is, as somebody names it: a URL of Postgres, a file of SQLite, or a data folder with one in it. */
import { existsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Database } from '@tinyfat/database';
import type { copyRows } from '@tinyfat/database/copy';
import {
  closeTables,
  readPostgresAddress,
  shownAddress,
  type WholeDatabase,
  withPostgres,
  withPostgresSource,
} from '@tinyfat/database/postgres';
import { withSqlite, withSqliteSource } from '@tinyfat/database/sqlite';
import { lockDataFolder } from '../files/lock.ts';

/** `shown` is for a person, and has no password in it. */
export type DatabasePlace =
  | ({ kind: 'postgres'; shown: string } & WholeDatabase)
  | { kind: 'sqlite'; path: string; shown: string };

/** The reason goes on after the name of where the text stood, and holds no secret. */
type ReadPlace = { ok: true; place: DatabasePlace } | { ok: false; reason: string };

/** The place that a text names. `authorities` are for a Postgres. */
export function databasePlace(text: string, authorities: string | null): ReadPlace {
  if (/^[a-z]+:\/\//i.test(text)) return postgresPlace(text, authorities);
  const path = resolve(text);
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  return { ok: true, place: filePlace(isFolder ? join(path, 'tinyfat.sqlite') : path) };
}

/** A Postgres database by its URL. */
export function postgresPlace(url: string, authorities: string | null): ReadPlace {
  const read = readPostgresAddress(url);
  if (!read.ok) return read;
  const { address } = read;
  return { ok: true, place: { kind: 'postgres', address, authorities, shown: shownAddress(address) } };
}

/** A file of SQLite. */
export function filePlace(path: string): DatabasePlace {
  return { kind: 'sqlite', path, shown: path };
}

/** A place that can't be used, in a sentence. */
type Refused = { ok: false; reason: string };

/** Runs `use` on the database as of one moment, which it can only read. No server may run on a file. */
export async function readingFrom<T>(
  place: DatabasePlace,
  use: (db: Database) => Promise<T>,
): Promise<T | Refused> {
  if (place.kind === 'postgres') return await withPostgresSource(place, use);
  if (!existsSync(place.path)) return { ok: false, reason: `There is no file ${place.path}.` };
  return await locked(place.path, () => withSqliteSource(place.path, use));
}

/** Runs `use` on a database to copy into. No server may run on a file. */
export async function writingTo<T>(
  place: DatabasePlace,
  use: (db: Database) => Promise<T>,
): Promise<T | Refused> {
  if (place.kind === 'postgres') return await onTarget(place, use);
  const folder = dirname(place.path);
  if (!existsSync(folder)) return { ok: false, reason: `There is no folder ${folder}.` };
  return await locked(place.path, () => onTarget(place, use));
}

/** The same for who holds the lock of the file's folder already. */
export async function onTarget<T>(place: DatabasePlace, use: (db: Database) => Promise<T>): Promise<T> {
  return place.kind === 'postgres' ? await withPostgres(place, use) : await withSqlite(place.path, use);
}

/** What else `copyRows` needs to know of the place that it copies into. */
export function targetRules(place: DatabasePlace): Pick<Parameters<typeof copyRows>[0], 'closeTables'> {
  return place.kind === 'postgres' ? { closeTables } : {};
}

async function locked<T>(path: string, use: () => Promise<T>): Promise<T | Refused> {
  const lock = lockDataFolder(dirname(path));
  if (!lock.ok) return { ok: false, reason: `${lock.reason} ${lock.fix}` };
  try {
    return await use();
  } finally {
    lock.release();
  }
}
