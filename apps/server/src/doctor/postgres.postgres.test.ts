/** What doctor says of a real Postgres; how its faults are told apart is tested beside faults.ts. */
import { connectPostgres } from '@tinyfat/database/postgres';
import { addressesOfRun, databaseName } from '@tinyfat/testing/postgres/addresses';
import { atAddresses } from '@tinyfat/testing/postgres/start';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDataFolder } from '../data-folder.ts';
import { localChecks } from './checks.ts';
import { configOf, look, testFolder } from './test-support/look.ts';

const server = atAddresses(addressesOfRun(process.env));

describe('doctor, of a Postgres database', () => {
  let name: string;
  beforeEach(async () => {
    name = databaseName(process.env);
    await server.createDatabase(name);
  });
  afterEach(() => server.dropDatabase(name));

  const settings = (more: Record<string, string> = {}) =>
    configOf({ DATA_DIR: testFolder(), DATABASE_URL: server.poolerUrl(name), ...more });
  const DIRECT = () => ({ DATABASE_DIRECT_URL: server.url(name) });
  async function said(config = settings(DIRECT())) {
    const checks = localChecks(config).filter(
      (check) => check.name === 'postgres' || check.name === 'database',
    );
    const found = [];
    for (const check of checks) found.push(...(await look(check)));
    // The server of the tests forgets on purpose.
    return found.filter((one) => !one.found.includes('loses power'));
  }
  async function start(): Promise<void> {
    await (await openDataFolder(settings(DIRECT()))).close();
  }

  it('says version, place and way of one that is well, and what is in it', async () => {
    expect(await said()).toMatchObject([
      {
        check: 'postgres',
        state: 'ok',
        found: expect.stringMatching(/^\d+\.\d+, database \w+ at 127\.0\.0\.1:\d+ as tinyfat, /),
      },
      { check: 'database', state: 'note', found: 'none found' },
    ]);
    await start();
    expect(await said()).toMatchObject([
      { state: 'ok' },
      { check: 'database', state: 'ok', found: '0 agents of 0 owners' },
    ]);
  });

  it('tells a pooler from a direct connection', async () => {
    await start();
    const [found] = await said();
    expect(found?.found).toMatch(
      /through a pooler, on this machine; for migrations .* directly, on this machine$/,
    );
    expect(await said(settings())).toMatchObject([
      { state: 'ok' },
      { state: 'note', mend: expect.stringContaining('DATABASE_DIRECT_URL') },
      { check: 'database', state: 'ok' },
    ]);
  });

  it('names tables that are not closed', async () => {
    await start();
    const db = connectPostgres({ url: server.url(name) });
    await sql`create table forgotten (secret text)`.execute(db);
    await db.destroy();
    expect(await said()).toMatchObject([
      { state: 'ok' },
      { state: 'broken', found: expect.stringContaining(': forgotten'), mend: 'The next start closes them.' },
      { check: 'database', state: 'ok' },
    ]);
  });

  it('says what is wrong with one that can not be used, and no password', async () => {
    const url = server.url(name);
    const wrong = settings({ DATABASE_URL: url.replace(/:[^:@]+@/, ':geheim@') });
    const found = await said(wrong);
    expect(found).toMatchObject([
      { check: 'postgres', state: 'broken', mend: expect.stringContaining('Check user and password') },
      { check: 'database', state: 'note' },
    ]);
    expect(JSON.stringify(found)).not.toContain('geheim');
    expect(await said(settings({ DATABASE_URL: 'postgres://me:x@127.0.0.1:1/x' }))).toMatchObject([
      { state: 'broken', found: expect.stringContaining('gave no answer') },
      { state: 'note' },
    ]);
  });

  it('finds two URLs that lead to two databases', async () => {
    await start();
    const other = databaseName(process.env);
    await server.createDatabase(other);
    expect(await said(settings({ DATABASE_URL: server.url(other), ...DIRECT() }))).toMatchObject([
      { state: 'broken', found: expect.stringContaining('different databases') },
      { state: 'note' },
    ]);
    await server.dropDatabase(other);
  });

  it('notes a server that does not wait for its disk', async () => {
    const [check] = localChecks(settings(DIRECT())).filter((one) => one.name === 'postgres');
    const db = connectPostgres({ url: server.url(name) });
    const { rows } = await sql<{ fsync: string }>`select current_setting('fsync') as fsync`.execute(db);
    await db.destroy();
    const found = check ? await look(check) : [];
    expect(found.some((one) => one.found.includes('loses power'))).toBe(rows[0]?.fsync === 'off');
  });
});
