/** `GET /health/ready` over a Postgres that reads and does not write: a replica, or a full disk at a provider. */
import { createHash } from 'node:crypto';
import type { Database } from '@tinyfat/database';
import { openPostgres } from '@tinyfat/database/postgres';
import { openFreshDatabase } from '@tinyfat/testing/fresh-database';
import { addressesOfRun, databaseUrl } from '@tinyfat/testing/postgres/addresses';
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readinessChecks } from './readiness.ts';

let made: Database;
let db: Database;
beforeEach(async () => {
  made = await openFreshDatabase(
    createHash('sha256')
      .update(import.meta.url)
      .digest('hex'),
  );
  const name = await sql<{ name: string }>`select current_database() as name`.execute(made);
  db = await openPostgres({ url: databaseUrl(addressesOfRun(process.env).direct, name.rows[0]?.name ?? '') });
});
afterEach(async () => {
  await db.destroy();
  await made.destroy();
});

const check = async () =>
  await readinessChecks({
    db,
    disk: { dataDir: '/', room: async () => ({ bsize: 1, bavail: 1, files: 1, ffree: 1 }) },
    clock: Date.now,
    listener: null,
    turns: null,
  }).database?.();

it('is well, then read-only: it says so, and what to do about it, with no word of DATA_DIR', async () => {
  expect(await check()).toBeNull();
  await sql`set default_transaction_read_only = on`.execute(db);
  const said = await check();
  expect(said).toMatch(
    /^The database can not be written \(cannot execute INSERT in a read-only transaction\)\. /,
  );
  expect(said).not.toContain('DATA_DIR');
  expect(said?.length).toBeGreaterThan(120);
});
