/** Behind a pooler in transaction mode a connection is ours for a transaction only: nothing may lean on more. */
import { describeOwnServer } from '@tinyfat/testing/postgres/describe-own-server';
import { type PrivatePostgres, startPostgres } from '@tinyfat/testing/postgres/start';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { insertAgent, listAgents } from '../agents.ts';
import { backlog, testWrite } from '../backlog.ts';
import { lock } from '../locks.ts';
import { postgresFault } from '../postgres-faults.ts';
import { moveCursor, openCursor } from '../provider-cursors.ts';
import type { Database } from '../schema/index.ts';
import { openHyperdrive } from './hyperdrive.ts';
import { openPostgres } from './open.ts';
import { startWire } from './test-support/wire.ts';

describeOwnServer('a pooler in transaction mode', () => {
  let server: PrivatePostgres;
  let options: { url: string; directUrl: string };
  beforeAll(async () => {
    server = await startPostgres({ poolSize: 1 });
    await server.createDatabase('mail');
    options = { url: server.poolerUrl('mail'), directUrl: server.url('mail') };
  });
  afterAll(() => server.stop());

  /** What every worker does: reads, claims under a lock, writes. */
  async function work(db: Database, number: number): Promise<void> {
    const name = `a${number}`;
    const row = { id: name, name, owner: 'o@example.com', created_at: number };
    await insertAgent(db, row, ['friend@example.com']);
    await db.transaction().execute(async (tx) => {
      await lock(tx, 'owner:o@example.com', `agent:${name}`);
      await tx.selectFrom('agents').selectAll().where('name', '=', name).execute();
      await openCursor(tx, name, number);
      await moveCursor(tx, name, number + 1);
    });
    await backlog(db, number);
    await testWrite(db);
  }

  it('with one connection serves many clients, processes and invocations of Workers', async () => {
    const servers = Array.from({ length: 4 }, () => openPostgres({ ...options, connections: 3 }));
    const invocations = Array.from({ length: 4 }, () => openHyperdrive(options.url));
    const clients = [...(await Promise.all(servers)), ...invocations];
    await Promise.all(Array.from({ length: 48 }, (_, at) => work(clients[at % 8] as Database, at)));
    const [db] = clients as [Database];
    expect(await listAgents(db)).toHaveLength(48);
    const left = await sql<Record<string, number>>`select
      (select count(*) from pg_prepared_statements) as statements,
      (select count(*) from pg_listening_channels()) as channels,
      (select count(*) from pg_locks where pid = pg_backend_pid() and locktype = 'advisory') as locks,
      (select count(*) from pg_settings where source = 'session' and name not in ('application_name')) as settings,
      (select count(*) from pg_class where relpersistence = 't') as temporary`.execute(db);
    expect(left.rows).toEqual([{ statements: 0, channels: 0, locks: 0, settings: 0, temporary: 0 }]);
    await Promise.all(clients.map((client) => client.destroy()));
  });

  it('would fail a statement with a name', async () => {
    const clients = [0, 1].map(() => new pg.Client(options.url));
    for (const client of clients) await client.connect();
    const named = (client: pg.Client) => client.query({ name: 'one', text: 'select $1::int', values: [1] });
    await expect(Promise.all(clients.map(named))).rejects.toThrow('already exists');
    await Promise.all(clients.map((client) => client.end()));
  });
});

describeOwnServer('a database that goes away', () => {
  let server: PrivatePostgres;
  beforeAll(async () => {
    server = await startPostgres();
    await server.createDatabase('mail');
  });
  afterAll(() => server.stop());

  it.each(['url', 'poolerUrl'] as const)(
    'ends no process, says why, and is used again when it is back (%s)',
    async (way) => {
      const lost: unknown[] = [];
      const db = await openPostgres({
        url: server[way]('mail'),
        directUrl: server.url('mail'),
        onIdleError: (error) => lost.push(postgresFault(error)),
      });
      await testWrite(db);
      await server.serverOff();
      const refused = await testWrite(db).catch((error: unknown) => error);
      expect(postgresFault(refused)).toBe('database_unreachable');
      if (way === 'url') expect(lost).toEqual(['database_unreachable']);
      await server.serverOn();
      await expect
        .poll(() => testWrite(db).then(() => 'written', String), { timeout: 20_000 })
        .toBe('written');
      await db.destroy();
    },
  );

  it('in the middle of a transaction ends that alone', async () => {
    const db = await openPostgres({ url: server.url('mail') });
    const transaction = db.transaction().execute(async (tx) => {
      await openCursor(tx, 'never', 1);
      await server.serverOff();
      await server.serverOn();
      await moveCursor(tx, 'never', 2);
    });
    await expect(transaction).rejects.toThrow();
    expect(
      await db.selectFrom('provider_cursors').select('name').where('name', '=', 'never').execute(),
    ).toEqual([]);
    await db.destroy();
  });

  it('from the network without a word is given up, and asked anew over another connection', async () => {
    const wire = await startWire(Number(new URL(server.url('mail')).port));
    const url = server.url('mail').replace(/:\d+\//, `:${wire.port}/`);
    const db = await openPostgres({ url, directUrl: server.url('mail'), statementMs: 300 });
    await testWrite(db);
    wire.cut();
    const refused = await testWrite(db).catch((error: unknown) => error);
    expect(postgresFault(refused)).toBe('database_unreachable');
    wire.mend();
    await testWrite(db);
    await db.destroy();
    await wire.stop();
  });
});
