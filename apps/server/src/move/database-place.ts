/** Where a database is, as somebody names it: a URL of Postgres, a file of SQLite, or a data folder with one in it. */
import { existsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Database } from '@tinyfat/database';
import { openPostgresTarget, withPostgresSource } from '@tinyfat/database/postgres';
import { openSqliteTarget, withSqliteSource } from '@tinyfat/database/sqlite';
import { lockDataFolder } from '../files/lock.ts';

/** `shown` has no password in it. */
export type DatabasePlace =
  | { kind: 'postgres'; url: string; shown: string }
  | { kind: 'sqlite'; path: string; shown: string };

/** Reads the text that names a place; the reason repeats nothing of it. */
export function databasePlace(
  text: string,
): { ok: true; place: DatabasePlace } | { ok: false; reason: string } {
  if (!/^[a-z]+:\/\//i.test(text)) {
    const path = resolve(text);
    const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
    const file = isFolder ? join(path, 'tinyfat.sqlite') : path;
    return { ok: true, place: { kind: 'sqlite', path: file, shown: file } };
  }
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !['postgres:', 'postgresql:'].includes(url.protocol)) {
    return {
      ok: false,
      reason: 'write postgres://USER@HOST:PORT/DATABASE, or the path of a file or data folder',
    };
  }
  return { ok: true, place: { kind: 'postgres', url: text, shown: `postgres://${url.host}${url.pathname}` } };
}

/** Opens a database to copy into, and makes a file; nothing is migrated or locked. */
export function openTarget(place: DatabasePlace): Database {
  return place.kind === 'postgres' ? openPostgresTarget(place.url) : openSqliteTarget(place.path);
}

/** A place that can't be used, in a sentence. */
type Refused = { ok: false; reason: string };

/** Runs `use` on the database as of one moment, which it can only read. No server may run on a file. */
export async function readingFrom<T>(
  place: DatabasePlace,
  use: (db: Database) => Promise<T>,
): Promise<T | Refused> {
  if (place.kind === 'postgres') return await withPostgresSource(place.url, use);
  if (!existsSync(place.path)) return { ok: false, reason: `There is no file ${place.path}.` };
  return await locked(place.path, () => withSqliteSource(place.path, use));
}

/** Runs `use` on a database to copy into. No server may run on a file. */
export async function writingTo<T>(
  place: DatabasePlace,
  use: (db: Database) => Promise<T>,
): Promise<T | Refused> {
  const run = async (db: Database) => {
    try {
      return await use(db);
    } finally {
      await db.destroy();
    }
  };
  if (place.kind === 'postgres') return await run(openTarget(place));
  const folder = dirname(place.path);
  if (!existsSync(folder)) return { ok: false, reason: `There is no folder ${folder}.` };
  return await locked(place.path, () => run(openTarget(place)));
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
