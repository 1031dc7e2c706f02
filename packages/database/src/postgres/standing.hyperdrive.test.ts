/** A Worker uses a database that its code knows, and no other; nothing is upgraded from there. */
import { asAdmin, createDatabase, dropDatabase, wayTo } from '@tinyfat/testing/hyperdrive/fresh-database';
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { NewerDatabaseError } from '../migrate.ts';
import { migrations } from '../migrations/index.ts';
import { openHyperdrive } from './hyperdrive.ts';
import { type HyperdriveDatabase, hyperdriveDatabase } from './test-support/hyperdrive.ts';

let own: HyperdriveDatabase;
beforeEach(async () => {
  own = await hyperdriveDatabase();
});
afterEach(() => own.dispose());

const newest = Object.keys(migrations).sort().at(-1);
const ask = () => sql`select 1 as one`.execute(own.db).then(({ rows }) => rows);
const take = () => asAdmin(own.name, `delete from kysely_migration where name = '${newest}'`);
const give = (name = newest) =>
  asAdmin(own.name, `insert into kysely_migration values ('${name}', now()::text)`);

it('one that was not upgraded is refused, with what to do, until it has been', async () => {
  await take();
  for (let times = 0; times < 2; times++) {
    await expect(ask()).rejects.toMatchObject({
      code: 'database_older',
      message: expect.stringMatching(new RegExp(`${newest} is missing.*tinyfat deploy cloudflare`)),
    });
  }
  await give();
  expect(await ask()).toEqual([{ one: 1 }]);
});

it('one without tables is refused, and none are made', async () => {
  const name = await createDatabase();
  const db = openHyperdrive(wayTo(name));
  await expect(sql`select 1`.execute(db)).rejects.toMatchObject({
    code: 'database_older',
    detail: expect.stringContaining('has no tables'),
  });
  await db.destroy();
  const tables = `select 1 from pg_class where relnamespace = 'public'::regnamespace`;
  expect(await asAdmin(name, tables)).toEqual([]);
  await dropDatabase(name);
});

it('one that a newer version has upgraded is refused', async () => {
  await give('9001-tomorrow');
  const refused = await ask().catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(NewerDatabaseError);
  expect(String(refused)).toContain('has the migration 9001-tomorrow');
});

it('one that rows are still being copied into is refused', async () => {
  await asAdmin(own.name, 'create table unfinished_copy (table_name text)');
  await expect(ask()).rejects.toMatchObject({ code: 'database_unfinished' });
});

it('is looked at once, whoever asks afterwards', async () => {
  const all = await Promise.all([ask(), ask(), ask(), ask()]);
  expect(all.flat()).toHaveLength(4);
  await take();
  const later = openHyperdrive(wayTo(own.name));
  await sql`select 1`.execute(later);
  await later.destroy();
});

it('one whose rows are hidden from its role would look empty, and is refused', async () => {
  const role = `${own.name}_other`;
  await asAdmin(own.name, `create role ${role} login password 'other'`);
  await asAdmin(own.name, `grant select on all tables in schema public to ${role}`);
  await asAdmin(own.name, `alter role tinyfat in database ${own.name} set role ${role}`);
  await asAdmin(own.name, `grant ${role} to tinyfat`);
  await expect(ask()).rejects.toMatchObject({ code: 'database_other_role' });
  await asAdmin(own.name, `alter role tinyfat in database ${own.name} reset role`);
  await asAdmin(own.name, `drop owned by ${role}; drop role ${role}`);
});

it('gives numbers as numbers, and takes texts with a NUL', async () => {
  const { rows } =
    await sql`select 9007199254740991::int8 as big, sum(1.5) as half, ${'a\0b'}::text as text`.execute(
      own.db,
    );
  expect(rows).toEqual([{ big: 9007199254740991, half: 1.5, text: 'a\u{FFFD}b' }]);
});
