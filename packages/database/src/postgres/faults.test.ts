/** What goes wrong with a database that is not ours gets a code, as the real programs say it. */
import { addressesOfRun } from '@tinyfat/testing/postgres/addresses';
import { describeOwnServer } from '@tinyfat/testing/postgres/describe-own-server';
import { atAddresses } from '@tinyfat/testing/postgres/start';
import { sql } from 'kysely';
import pg from 'pg';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { PostgresError, postgresFault } from '../postgres-faults.ts';
import { openPostgres } from './open.ts';
import { type OwnDatabase, ownDatabase } from './test-support/databases.ts';

describeOwnServer('what is wrong with a database', () => {
  let own: OwnDatabase;
  beforeEach(async () => {
    own = await ownDatabase();
  });
  afterEach(() => own.dispose());

  const refusal = (url: string) =>
    openPostgres({ url }).then(
      () => null,
      (error: unknown) => error,
    );
  const code = async (url: string) => postgresFault(await refusal(url));
  const { direct, pooler } = addressesOfRun(process.env);

  it.each(['url', 'poolerUrl'] as const)('is a wrong password (%s)', async (way) => {
    const refused = await refusal(own[way].replace(/:[^:@]+@/, ':geheim@'));
    expect(refused).toBeInstanceOf(PostgresError);
    expect(refused).toMatchObject({ code: 'database_sign_in' });
    expect(String(refused)).toContain(`database ${own.name} at 127.0.0.1:`);
    expect(String(refused)).toContain('as tinyfat');
    expect(String(refused)).not.toContain('geheim');
  });

  it('is a user that there is not, or that has no password', async () => {
    expect(await code(own.url.replace('//tinyfat:', '//nobody:'))).toBe('database_sign_in');
    expect(await code(own.poolerUrl.replace('//tinyfat:', '//nobody:'))).toBe('database_sign_in');
    expect(await code(own.url.replace(/:[^:@]+@/, '@'))).toBe('database_sign_in');
  });

  it('is a database that there is not', async () => {
    const server = atAddresses({ direct, pooler, admin: direct });
    expect(await code(server.url('nowhere'))).toBe('database_absent');
    expect(await code(server.poolerUrl('nowhere'))).toBe('database_absent');
  });

  it('is a server that there is not', async () => {
    expect(await code('postgres://me:x@127.0.0.1:1/x')).toBe('database_unreachable');
    expect(await code('postgres://me:x@localhost:1/x')).toBe('database_unreachable');
    expect(await code('postgres://me:x@nowhere.invalid/x')).toBe('database_unreachable');
    expect(await code('postgres://me:x@/x?host=/nowhere')).toBe('database_unreachable');
  });

  it('is a user who may make no tables, and nothing is made', async () => {
    await own.as(null, 'alter schema public owner to postgres; revoke create on schema public from public');
    expect(await code(own.url)).toBe('database_rights');
    expect(await own.as(null, `select 1 from pg_class where relnamespace = 'public'::regnamespace`)).toEqual(
      [],
    );
  });

  it('is a database that may not be written', async () => {
    await own.as(null, `alter database ${own.name} set default_transaction_read_only = on`);
    expect(await code(own.url)).toBe('database_read_only');
  });

  it('is too few connections: one is looked at from, one is held', async () => {
    await own.as(null, `alter database ${own.name} connection limit 2`);
    const holder = new pg.Client(own.url);
    await holder.connect();
    expect(await code(own.url)).toBe('database_connections');
    await holder.end();
  });

  it('is nothing known where a statement is wrong', async () => {
    const db = await openPostgres({ url: own.url });
    const wrong = await sql`select nothing`.execute(db).catch((error: unknown) => error);
    expect(wrong).toBeInstanceOf(Error);
    expect(postgresFault(wrong)).toBeNull();
    await db.destroy();
  });
});
