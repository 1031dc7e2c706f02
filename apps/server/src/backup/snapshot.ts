/** The database as of one moment, as a file of SQLite, whatever engine it runs on. */
import { closeSync, fstatSync, openSync, read, rmSync } from 'node:fs';
import { promisify } from 'node:util';
import { copyRows } from '@tinyfat/database/copy';
import { withPostgresSource } from '@tinyfat/database/postgres';
import { snapshotSqlite, withSqlite } from '@tinyfat/database/sqlite';
import type { DatabasePlace } from '../move/database-place.ts';

const readInto = promisify(read);
const PIECE = 256 * 1024;

/** Writes the file, which must not exist. A server may be at work on the database. */
export async function snapshotDatabase(place: DatabasePlace, file: string): Promise<void> {
  if (place.kind === 'sqlite') return snapshotSqlite(place.path, file);
  const rows = `${file}.rows`;
  try {
    const copied = await withPostgresSource(place, (from) =>
      withSqlite(rows, (to) => copyRows({ from, to, fromPlace: place.shown, onProgress: () => {} })),
    );
    if (!copied.ok) throw new Error(`${place.shown} could not be copied: ${copied.detail}`);
    snapshotSqlite(rows, file);
  } finally {
    for (const end of ['', '-wal', '-shm']) rmSync(`${rows}${end}`, { force: true });
  }
}

/** A file of ours as bytes of a known number. */
export function fileContent(path: string): { size: number; content: AsyncGenerator<Uint8Array> } {
  const fd = openSync(path, 'r');
  const { size } = fstatSync(fd);
  const content = (async function* () {
    try {
      for (;;) {
        const { bytesRead, buffer } = await readInto(fd, Buffer.allocUnsafe(PIECE), 0, PIECE, null);
        if (bytesRead === 0) return;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      closeSync(fd);
    }
  })();
  return { size, content };
}
