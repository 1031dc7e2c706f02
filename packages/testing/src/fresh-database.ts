/** Databases without rows, quicker than by their migrations: those run once in a process, then the file is copied. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Database } from '@tinyfat/database';
import { openSqlite } from '@tinyfat/database/sqlite';

let migrated: Promise<Uint8Array> | undefined;

/** Opens a database at a path where there is none yet, as `openSqlite` does. */
export async function openFreshDatabase(path: string): Promise<Database> {
  migrated ??= migrate();
  await writeFile(path, await migrated, { flag: 'wx' });
  return await openSqlite(path);
}

async function migrate(): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'tinyfat-fresh-'));
  const path = join(folder, 'fresh.sqlite');
  await (await openSqlite(path)).destroy();
  const bytes = await readFile(path);
  await rm(folder, { recursive: true });
  return bytes;
}
