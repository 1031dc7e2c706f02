import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabaseAgain, openFreshDatabase } from '@tinyfat/testing/fresh-database';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isPostgres } from './engine.ts';
import { lock, transact, transactOnce } from './locks.ts';
import { openPostgres } from './postgres/index.ts';
import type { Database } from './schema/index.ts';

const ON_POSTGRES = process.env.TEST_ENGINE === 'postgres';
/** A way past the pooler, whose connections have the settings that were there before; Hyperdrive has none. */
const DIRECT = process.env.TEST_POSTGRES_URL;

describe('locks', () => {
  let folder: string;
  let db: Database;
  /** Another process on Postgres; SQLite's second connection would block the only thread there is. */
  let other: Database;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tinyfat-locks-'));
    const path = join(folder, 'tinyfat.sqlite');
    db = await openFreshDatabase(path);
    other = isPostgres(db) ? await openDatabaseAgain(path) : db;
  });
  afterEach(async () => {
    if (other !== db) await other.destroy();
    await db.destroy();
    await rm(folder, { recursive: true, force: true });
  });

  const mark = (on: Database, mark: number) =>
    on
      .insertInto('provider_cursors')
      .values({ name: 'n', started_at: 1, mark })
      .onConflict((conflict) => conflict.column('name').doUpdateSet({ mark }))
      .execute();
  const marked = async (on: Database) =>
    (await on.selectFrom('provider_cursors').select('mark').executeTakeFirst())?.mark;

  it('are waited for, and what the last holder wrote is read then', async () => {
    const { promise: held, resolve: hold } = Promise.withResolvers<void>();
    const { promise: free, resolve: letGo } = Promise.withResolvers<void>();
    const first = transact(db, ['agent:a'], async (tx) => {
      hold();
      await free;
      await mark(tx, 1);
    });
    await held;
    const second = transact(other, ['agent:a'], marked);
    // Only on Postgres others go on meanwhile, and show that the second has had time.
    if (ON_POSTGRES) for (let at = 0; at < 20; at++) await transact(other, ['agent:b'], marked);
    letGo();
    expect([await first, await second]).toEqual([undefined, 1]);
  });

  it('are let go at a rollback', async () => {
    const broken = transact(db, ['agent:a'], async (tx) => {
      await mark(tx, 1);
      throw new Error('no');
    });
    await expect(broken).rejects.toThrow('no');
    expect(await transact(other, ['agent:a'], marked)).toBeUndefined();
  });

  it('are taken in one order, whatever the order of their names', async () => {
    const names = ['owner:o', 'agent:a', 'agent:b', 'files:f'] as const;
    let holders = 0;
    const once = (on: Database, turned: boolean) =>
      transactOnce(on, turned ? names.toReversed() : names, async (tx) => {
        expect(++holders).toBe(1);
        await marked(tx);
        holders--;
      });
    await Promise.all(Array.from({ length: 40 }, (_, at) => once(at % 2 ? db : other, at % 3 === 0)));
  });

  it('are taken inside a transaction, and all in one call', async () => {
    await expect(lock(db, 'agent:a')).rejects.toThrow('needs a transaction');
    await transact(db, ['agent:a', 'agent:b'], async (tx) => {
      await lock(tx, 'agent:b');
      await expect(lock(tx, 'agent:c')).rejects.toThrow('agent:c must be locked together');
    });
  });

  it.runIf(ON_POSTGRES)('leave no dead version of their row behind', async () => {
    const version = () => sql`select ctid::text, xmin::text from locks`.execute(db).then(({ rows }) => rows);
    await transact(db, ['agent:a'], marked);
    const before = await version();
    expect(before).toHaveLength(1);
    for (let at = 0; at < 5; at++) await transact(at % 2 ? db : other, ['agent:a'], marked);
    expect(await version()).toEqual(before);
  });

  it.runIf(ON_POSTGRES && DIRECT)(
    'read what is committed, also where the database has a stricter default',
    async () => {
      const one = async (query: Promise<{ rows: { one: string }[] }>) => (await query).rows[0]?.one;
      const level = (tx: Database) =>
        one(sql<{ one: string }>`select current_setting('transaction_isolation') as one`.execute(tx));
      const name = await one(sql<{ one: string }>`select current_database() as one`.execute(db));
      await sql`alter database ${sql.id(name ?? '')} set default_transaction_isolation to 'repeatable read'`.execute(
        db,
      );
      const strict = await openPostgres({ url: `${DIRECT}/${name}` });
      const levels = [await level(strict), await transact(strict, ['agent:a'], level)];
      await strict.destroy();
      expect(levels).toEqual(['repeatable read', 'read committed']);
    },
  );

  it.runIf(ON_POSTGRES)(
    'or not: of two transactions that wait for each other both get their turn',
    async () => {
      for (const name of ['x', 'y']) {
        await db.insertInto('provider_cursors').values({ name, started_at: 1, mark: 0 }).execute();
      }
      let calls = 0;
      const { promise: bothHold, resolve: go } = Promise.withResolvers<void>();
      const touch = (tx: Database, name: string) =>
        tx
          .updateTable('provider_cursors')
          .set((row) => ({ mark: row('mark', '+', 1) }))
          .where('name', '=', name)
          .execute();
      const cross = (on: Database, [first, second]: readonly [string, string]) =>
        transact(on, [], async (tx) => {
          calls++;
          await touch(tx, first);
          if (calls === 2) go();
          await bothHold;
          await touch(tx, second);
        });
      await Promise.all([cross(db, ['x', 'y']), cross(other, ['y', 'x'])]);
      // One of them is ended and repeated; on a busy machine it may meet the other one again.
      expect(calls).toBeGreaterThanOrEqual(3);
      const rows = await db.selectFrom('provider_cursors').select('mark').execute();
      expect(rows).toEqual([{ mark: 2 }, { mark: 2 }]);
    },
  );

  it.each(['40001', '40P01'])('a transaction that always ends with %s ends with it at last', async (code) => {
    let calls = 0;
    const work = async (tx: Database) => {
      calls++;
      await mark(tx, calls);
      throw Object.assign(new Error('again'), { code });
    };
    await expect(transact(db, [], work)).rejects.toThrow('again');
    expect([calls, await marked(db)]).toEqual([5, undefined]);
    await expect(transactOnce(db, [], work)).rejects.toThrow('again');
    expect(calls).toBe(6);
  });

  it('a transaction that fails for another reason is not repeated', async () => {
    let calls = 0;
    const work = async () => {
      calls++;
      throw Object.assign(new Error('taken'), { code: '23505' });
    };
    await expect(transact(db, [], work)).rejects.toThrow('taken');
    expect(calls).toBe(1);
  });
});
