/** An upgrade of a Postgres database is there as a whole or not at all, whoever else comes at the same time. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describeOwnServer } from '@tinyfat/testing/postgres/describe-own-server';
import { Migrator } from 'kysely/migration';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { NewerDatabaseError } from '../migrate.ts';
import { migrations } from '../migrations/index.ts';
import { connectPostgres, openPostgres } from './open.ts';
import { type OwnDatabase, ownDatabase } from './test-support/databases.ts';

const DIE = fileURLToPath(new URL('test-support/open-and-die.ts', import.meta.url));
/** More than any upgrade has. */
const NEVER = 1_000_000;
const NAMES = Object.keys(migrations).sort();

describeOwnServer('an upgrade on Postgres', () => {
  let own: OwnDatabase;
  beforeEach(async () => {
    own = await ownDatabase();
  });
  afterEach(() => own.dispose());

  /** Opens the database, through the pooler, in a process that dies at the statement; gives the signal or their number. */
  async function openAndDie(statement: number): Promise<string> {
    const child = spawn(process.execPath, [DIE, own.poolerUrl, own.url, String(statement)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let printed = '';
    child.stdout.on('data', (chunk) => {
      printed += chunk;
    });
    const [, signal] = await once(child, 'close');
    return signal ?? printed;
  }

  /** Columns, indexes, rights and migrations, once nobody else is in the middle of something. */
  async function everything(of = own): Promise<unknown> {
    await of.as(null, 'select pg_advisory_xact_lock(7205759403792794)');
    const columns = `select table_name, column_name, data_type, is_nullable from information_schema.columns where table_schema = 'public' order by 1, 2`;
    const indexes = `select indexdef from pg_indexes where schemaname = 'public' order by 1`;
    const closed = `select relname::text, relrowsecurity, relacl::text from pg_class where relnamespace = 'public'::regnamespace order by 1`;
    const found = [await of.as(null, columns), await of.as(null, indexes), await of.as(null, closed)];
    const isEmpty = (await of.as(null, `select to_regclass('kysely_migration') is null`))[0];
    return [...found, isEmpty ? [] : await of.as(null, 'select name from kysely_migration order by 1')];
  }

  /** As an older version left it. */
  async function makeOlder(): Promise<void> {
    await own.as(
      'tinyfat',
      `create function instr(text, text) returns integer language sql immutable as 'select strpos($1, $2)'`,
    );
    const db = connectPostgres({ url: own.url });
    const some = Object.fromEntries(NAMES.slice(0, 8).map((name) => [name, migrations[name]]));
    const { error } = await new Migrator({
      db,
      provider: { getMigrations: async () => some as typeof migrations },
    }).migrateToLatest();
    expect(error).toBeUndefined();
    await db.destroy();
    await own.as('tinyfat', 'drop function instr(text, text)');
  }

  it('leaves the old database where the process is killed in the middle, and the next one upgrades it', async () => {
    await makeOlder();
    const before = await everything();
    const fresh = await ownDatabase();
    await (await openPostgres({ url: fresh.url })).destroy();
    for (const statement of [0, 10, 40, 70]) {
      expect(await openAndDie(statement)).toBe('SIGKILL');
      expect(await everything()).toEqual(before);
    }
    const upgrades: unknown[] = [];
    await (await openPostgres({ url: own.url, onUpgrade: (upgrade) => upgrades.push(upgrade) })).destroy();
    expect(upgrades).toEqual([{ from: NAMES[7], to: NAMES.at(-1) }]);
    expect(await everything()).toEqual(await everything(fresh));
    await fresh.dispose();
  });

  it('happens once when several open an empty database at the same moment', async () => {
    const sent = await Promise.all([1, 2, 3].map(() => openAndDie(NEVER)));
    // Those that came later waited, and had only to end their transaction.
    expect(sent.map(Number).filter((count) => count > 50)).toHaveLength(1);
    expect(await own.as(null, 'select name from kysely_migration order by 1')).toEqual(NAMES);
  });

  it('is refused by a program that is older than the database, and nothing is written', async () => {
    await (await openPostgres({ url: own.url })).destroy();
    await own.as('tinyfat', `insert into kysely_migration values ('9001-tomorrow', now()::text)`);
    await own.as('tinyfat', 'create table of_tomorrow (id text)');
    const before = await everything();
    const refused = await openPostgres({ url: own.poolerUrl, directUrl: own.url }).catch(
      (error: unknown) => error,
    );
    expect(refused).toBeInstanceOf(NewerDatabaseError);
    expect(String(refused)).toContain('has the migration 9001-tomorrow');
    expect(await everything()).toEqual(before);
  });
});
