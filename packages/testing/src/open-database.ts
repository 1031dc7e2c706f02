/** New databases for tests, without the time of their migrations. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Database, openSqlite } from '@tinyfat/database';

let migrated: Promise<Buffer> | null = null;

/** Opens a new database in a file that is not there yet: a copy of an empty one, which is migrated once in a process. */
export async function openNewDatabase(path: string): Promise<Database> {
  migrated ??= migrate();
  await writeFile(path, await migrated, { flag: 'wx', mode: 0o600 });
  return await openSqlite(path);
}

async function migrate(): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'tinyfat-migrated-'));
  try {
    const path = join(folder, 'tinyfat.sqlite');
    await (await openSqlite(path)).destroy();
    return await readFile(path);
  } finally {
    await rm(folder, { recursive: true });
  }
}
