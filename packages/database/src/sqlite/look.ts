/**
 * Looks into the embedded database without changing anything: no table, no row, no file beside it. A connection that is
 * only read-only would make the files of the write-ahead log where there are none (wal.html, "Read-Only Databases").
 */
import { statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { unknownMigrations } from '../migrate.ts';
import type { Database } from '../schema/index.ts';
import { MARK } from '../unfinished-copy.ts';
import { overConnection } from './open.ts';

/** What a look at the file gives. */
type SqliteLook =
  | { state: 'open'; db: Database }
  | { state: 'absent' }
  /**
   * `unfinished`: it was not closed in order, and only a start may read its log. `newer`: a newer version of this program
   * has written it. `half_copied`: a copy into it was not finished. `why` is a sentence.
   */
  | { state: 'closed'; cause: 'unfinished' | 'newer' | 'half_copied' | 'unreadable'; why: string };

/** Opens the file for reading. Its tables may be those of an older version. */
export function lookIntoSqlite(path: string): SqliteLook {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return { state: 'absent' };
  // A named pipe would be waited for.
  if (!found.isFile()) return { state: 'closed', cause: 'unreadable', why: 'It is no plain file.' };
  const location = pathToFileURL(path);
  const log = sizeOf(`${path}-wal`) ?? 0;
  if (log > 0 && sizeOf(`${path}-shm`) === null)
    return {
      state: 'closed',
      cause: 'unfinished',
      why: 'It was not closed in order; the next start reads its log.',
    };
  // Nobody has it open where there is no log, so it stays as it is while we look.
  location.search = log > 0 ? '?mode=ro&readonly_shm=1' : '?mode=ro&immutable=1';
  try {
    const connection = new DatabaseSync(location, { readOnly: true, timeout: 2000 });
    if (hasTable(connection, MARK)) {
      connection.close();
      const why = 'A copy or restore into it was not finished; run it again.';
      return { state: 'closed', cause: 'half_copied', why };
    }
    if (isNewer(connection)) {
      connection.close();
      return { state: 'closed', cause: 'newer', why: 'A newer version of this program has written it.' };
    }
    return { state: 'open', db: overConnection(connection) };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { state: 'closed', cause: 'unreadable', why };
  }
}

function isNewer(connection: DatabaseSync): boolean {
  if (!hasTable(connection, 'kysely_migration')) return false;
  const rows = connection.prepare('select name from kysely_migration').all();
  return unknownMigrations(rows.map(({ name }) => String(name))).length > 0;
}

function hasTable(connection: DatabaseSync, name: string): boolean {
  return connection.prepare('select 1 from sqlite_schema where name = ?').get(name) !== undefined;
}

function sizeOf(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.size ?? null;
}
