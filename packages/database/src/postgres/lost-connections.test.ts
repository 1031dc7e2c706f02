/** A connection that is lost in the middle of a transaction costs that transaction, and nothing else. */
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Database } from '../schema/index.ts';
import { openPostgres } from './open.ts';
import { type OwnDatabase, ownDatabase } from './test-support/databases.ts';

let own: OwnDatabase;
let db: Database;
beforeEach(async () => {
  own = await ownDatabase();
});
afterEach(async () => {
  await db.destroy();
  await own.dispose();
});

const backend = async (tx: Database) =>
  (await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx)).rows[0]?.pid;
const end = async (pid: number | undefined) => {
  expect(await own.as(null, `select pg_terminate_backend(${pid})`)).toEqual([true]);
  for (;;) if ((await own.as(null, `select 1 from pg_stat_activity where pid = ${pid}`)).length === 0) return;
};
/** What the transaction is rejected with; the pool has one connection, which is used again afterwards. */
async function lose(url: string, then: (tx: Database) => Promise<unknown>): Promise<unknown> {
  db = await openPostgres({ url, directUrl: own.url, connections: 1 });
  const error = await db
    .transaction()
    .execute(async (tx) => {
      await sql`insert into served_owners (owner, turn) values ('a', 1)`.execute(tx);
      await end(await backend(tx));
      await then(tx);
    })
    .catch((error: unknown) => error);
  expect((await sql`select * from served_owners`.execute(db)).rows).toEqual([]);
  return error;
}

it('the transaction is rejected with the reason, and not with that of the rollback', async () => {
  const error = await lose(own.url, (tx) => sql`select 1`.execute(tx));
  expect(error).toMatchObject({ code: '57P01', message: expect.stringContaining('administrator command') });
});

it('a commit is rejected with the reason, too', async () => {
  expect(await lose(own.url, async () => {})).toMatchObject({ code: '57P01' });
});

it('an error of the work itself stays what it is', async () => {
  const broken = () => Promise.reject(new Error('the work failed'));
  expect(await lose(own.url, broken)).toMatchObject({ message: 'the work failed' });
});

it('behind a pooler it is what the pooler says', async () => {
  const error = await lose(own.poolerUrl, (tx) => sql`select 1`.execute(tx));
  expect(String(error)).toMatch(/server conn|terminat/i);
  expect(String(error)).not.toContain('not queryable');
});
