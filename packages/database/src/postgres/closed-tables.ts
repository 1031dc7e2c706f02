/**
 * Supabase shows every table of the schema `public` to the world through its Data API, as the roles `anon` and
 * `authenticated`, unless row level security and rights say otherwise. Ours are closed: no role but their owner reads
 * or writes them, and the owner is the one who migrates and runs.
 */
import { type Kysely, sql } from 'kysely';
import type { Schema } from '../schema/index.ts';

/** Roles of Supabase, where they exist, and everybody. */
const OTHERS = ['anon', 'authenticated', 'service_role', 'public'];

/**
 * Closes all tables, sequences and functions that this role owns in its schema, and those that it will make there.
 * Functions that are made later are closed when this runs again: after each upgrade.
 */
export async function closeTables(db: Kysely<Schema>): Promise<void> {
  const roles = OTHERS.map((role) => `'${role}'`).join(', ');
  await sql
    .raw(
      `do $close$
declare
  me constant oid := (select oid from pg_roles where rolname = current_user);
  role text;
  thing record;
begin
  for thing in select oid::regclass as name from pg_class
    where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p') and not relrowsecurity
      and relowner = me
  loop
    execute format('alter table %s enable row level security', thing.name);
  end loop;
  foreach role in array array[${roles}] loop
    continue when role <> 'public' and not exists (select from pg_roles where rolname = role);
    for thing in select oid::regclass as name, relkind = 'S' as is_sequence from pg_class
      where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p', 'v', 'm', 'f', 'S')
        and relowner = me
    loop
      execute format('revoke all on %s %s from %s', case when thing.is_sequence then 'sequence' else 'table' end, thing.name, role);
    end loop;
    for thing in select oid::regprocedure as name from pg_proc
      where pronamespace = current_schema()::regnamespace and proowner = me
    loop
      execute format('revoke all on routine %s from %s', thing.name, role);
    end loop;
    execute format('alter default privileges in schema %I revoke all on tables from %s', current_schema(), role);
    execute format('alter default privileges in schema %I revoke all on sequences from %s', current_schema(), role);
    execute format('alter default privileges in schema %I revoke all on functions from %s', current_schema(), role);
    execute format('alter default privileges revoke all on tables from %s', role);
    execute format('alter default privileges revoke all on sequences from %s', role);
  end loop;
end
$close$`,
    )
    .execute(db);
}

/** Names of our tables that others can read or write, or could if they got the right to: those to be closed. */
export async function openTables(db: Kysely<Schema>): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`select c.relname as name from pg_class c
    where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
      and c.relowner = (select relowner from pg_class where oid = to_regclass('kysely_migration'))
      and ((c.relkind in ('r', 'p') and not c.relrowsecurity)
        or exists (select from aclexplode(c.relacl) a where a.grantee <> c.relowner))
    order by c.relname collate "C"`.execute(db);
  return rows.map(({ name }) => name);
}

/** Names of tables in the schema that no migration of ours made, as far as can be told before the first one ran. */
export async function tablesOfOthers(db: Kysely<Schema>): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`select c.relname as name from pg_class c
    where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p')
      and not exists (select from pg_depend d
        where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
    order by c.relname collate "C"`.execute(db);
  return rows.map(({ name }) => name);
}
