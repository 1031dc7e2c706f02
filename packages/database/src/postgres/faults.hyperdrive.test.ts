/** What goes wrong with a database behind Hyperdrive has the codes that it has under Node. */
import { asAdmin, wayTo, wayToNobody, wayToSilence } from '@tinyfat/testing/hyperdrive/fresh-database';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { databaseFaultText, postgresFault } from '../postgres-faults.ts';
import type { Database } from '../schema/index.ts';
import { type HyperdriveOptions, openHyperdrive } from './hyperdrive.ts';
import { type HyperdriveDatabase, hyperdriveDatabase } from './test-support/hyperdrive.ts';

let own: HyperdriveDatabase;
beforeEach(async () => {
  own = await hyperdriveDatabase();
});
afterEach(() => own.dispose());

const ask = (db: Database) => sql`select 1`.execute(db);

describe('a database behind Hyperdrive', () => {
  const refusal = async (connectionString: string, options: HyperdriveOptions = {}) => {
    const db = openHyperdrive(connectionString, options);
    const refused = await ask(db).catch((error: unknown) => error);
    await db.destroy();
    return refused;
  };

  it('that Hyperdrive can not reach is unreachable, and that is what the log says', async () => {
    const refused = await refusal(wayToNobody());
    expect(postgresFault(refused)).toBe('database_unreachable');
    expect(databaseFaultText(refused)).toMatch(/^The database gave no answer\./);
  });

  it('that takes a connection and never answers is unreachable after a while', async () => {
    const refused = await refusal(wayToSilence(), { connectMs: 50, destroyMs: 50 });
    expect(postgresFault(refused)).toBe('database_unreachable');
  });

  it('that does not let the user in, or that there is not, has its code, without the password', async () => {
    const wrong = await refusal(wayTo(own.name).replace(/:[^:@/]+@/, ':geheim@'));
    expect(postgresFault(wrong)).toBe('database_sign_in');
    expect(databaseFaultText(wrong)).not.toContain('geheim');
    expect(postgresFault(await refusal(wayTo('nowhere')))).toBe('database_absent');
  });
});

describe('a connection through Hyperdrive', () => {
  const backend = async (tx: Database) =>
    (await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx)).rows[0]?.pid;
  const end = async (pid: number | undefined) => {
    await asAdmin(own.name, `select pg_terminate_backend(${pid})`);
    const lives = `select 1 from pg_stat_activity where pid = ${pid}`;
    for (;;) if ((await asAdmin(own.name, lives)).length === 0) return;
  };

  it.each([
    ['the next statement', (tx: Database) => ask(tx)],
    ['the commit', async () => {}],
  ])(
    'that is lost in the middle of a transaction fails %s with the reason; nothing is written',
    async (_, then) => {
      const transaction = own.db.transaction().execute(async (tx) => {
        await sql`insert into served_owners (owner, turn) values ('a', 1)`.execute(tx);
        await end(await backend(tx));
        await then(tx);
      });
      const refused = await transaction.catch((error: unknown) => error);
      expect(postgresFault(refused)).toBe('database_unreachable');
      expect((await sql`select * from served_owners`.execute(own.db)).rows).toEqual([]);
    },
  );

  it('gives up a statement without an answer, and asks the next one over another', async () => {
    // The database is looked at first, without that limit.
    await ask(own.db);
    const db = openHyperdrive(wayTo(own.name), { statementMs: 1500, connections: 1 });
    const late = await sql`select pg_sleep(60)`.execute(db).catch((error: unknown) => error);
    expect(postgresFault(late)).toBe('database_unreachable');
    await ask(db);
    await db.destroy();
  });
});

describe('the end of an invocation', () => {
  it('waits for nobody, and what was not committed is gone with its locks', async () => {
    const db = openHyperdrive(wayTo(own.name), { destroyMs: 50, connections: 1 });
    const { promise: held, resolve: hold } = Promise.withResolvers<void>();
    const { promise: free, resolve: letGo } = Promise.withResolvers<void>();
    const transaction = db.transaction().execute(async (tx) => {
      await sql`insert into served_owners (owner, turn) values ('a', 1)`.execute(tx);
      hold();
      await free;
      await ask(tx);
    });
    await held;
    await db.destroy();
    await sql`insert into served_owners (owner, turn) values ('a', 2)`.execute(own.db);
    letGo();
    await expect(transaction).rejects.toThrow();
    const { rows } = await sql`select owner, turn from served_owners`.execute(own.db);
    expect(rows).toEqual([{ owner: 'a', turn: 2 }]);
    await expect(ask(db)).rejects.toThrow();
    await db.destroy();
  });

  it('is none for a database that nobody asked, or that is away', async () => {
    await openHyperdrive(wayTo(own.name)).destroy();
    const away = openHyperdrive(wayToNobody());
    await expect(ask(away)).rejects.toThrow();
    await away.destroy();
  });

  it.each(['', 'mysql://me:geheim@db/mail', 'postgres://', 'geheim'])('%s is no address', (text) => {
    const open = () => openHyperdrive(text);
    expect(open).toThrow('HYPERDRIVE');
    expect(open).not.toThrow('geheim');
  });
});
