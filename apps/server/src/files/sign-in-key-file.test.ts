import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabaseAgain, openFreshDatabase } from '@tinyfat/testing/fresh-database';
import { expect, it } from 'vitest';
import { readSignInKey } from './sign-in-key-file.ts';

it('servers that start at one moment agree on one key under sign-in', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tinyfat-sign-in-key-'));
  const path = join(folder, 'tinyfat.sqlite');
  const db = await openFreshDatabase(path);
  // On SQLite a second connection would block the only thread there is.
  const other = process.env.TEST_ENGINE === 'postgres' ? await openDatabaseAgain(path) : db;
  const file = join(folder, 'sign-in-key');
  const found = await Promise.all([db, other, db, other].map((on) => readSignInKey(on, file)));
  const keys = new Set(found.map((one) => (one.ok ? Buffer.from(one.bytes).toString('hex') : one.detail)));
  expect([keys.size, [...keys][0]?.length]).toEqual([1, 64]);
  if (other !== db) await other.destroy();
  await db.destroy();
  await rm(folder, { recursive: true });
});
