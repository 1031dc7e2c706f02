/** The servers for tests: what they are, and that nothing of them stays. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeCertificate } from '../certificates.ts';
import { databaseUrl } from './addresses.ts';
import { describeOwnServer } from './describe-own-server.ts';
import { type PrivatePostgres, startPostgres } from './start.ts';

async function answer(url: string, statement: string, ssl?: pg.ClientConfig['ssl']): Promise<unknown> {
  const client = new pg.Client({ connectionString: url, ...(ssl && { ssl }) });
  client.on('error', () => {});
  await client.connect();
  try {
    const { rows } = await client.query<unknown[]>({ text: statement, rowMode: 'array' });
    return rows[0]?.[0];
  } finally {
    await client.end();
  }
}

describeOwnServer('a private Postgres', () => {
  let server: PrivatePostgres;
  const ca = { ...makeCertificate({ names: ['ca'], authority: true }), name: 'ca' };
  beforeAll(async () => {
    const certificate = makeCertificate({ names: ['localhost', '127.0.0.1'], issuer: ca });
    server = await startPostgres({ certificate, poolSize: 1 });
  });
  afterAll(() => server.stop());

  it('has databases of a role that is no superuser, copied from another on demand', async () => {
    await server.createDatabase('one');
    await answer(server.url('one'), 'create table t as select 7 as n');
    await server.createDatabase('two', 'one');
    expect(await answer(server.url('two'), 'select n from t')).toBe(7);
    expect(
      await answer(server.url('two'), 'select rolsuper from pg_roles where rolname = current_user'),
    ).toBe(false);
    await server.dropDatabase('two');
    await server.dropDatabase('two');
    await expect(answer(server.url('two'), 'select 1')).rejects.toThrow('does not exist');
    await expect(server.createDatabase('a; drop')).rejects.toThrow('Not a name');
  });

  it('orders text by the rules of a language', async () => {
    const order = `select string_agg(x, '' order by x) from unnest('{B,a,C}'::text[]) x`;
    expect(await answer(server.adminUrl(), order)).toBe('aBC');
  });

  it('lets nobody in without the password', async () => {
    const stranger = server.adminUrl().replace(/:[0-9a-f]{32}@/, ':guess@');
    await expect(answer(stranger, 'select 1')).rejects.toThrow('password authentication failed');
    const pooled = server.poolerUrl('postgres').replace(/:[0-9a-f]{32}@/, ':guess@');
    await expect(answer(pooled, 'select 1')).rejects.toThrow();
  });

  it('has a pooler that gives a connection for a transaction only', async () => {
    const clients = [0, 1].map(() => new pg.Client(server.poolerUrl('postgres')));
    const pids = [];
    for (const client of clients) {
      await client.connect();
      pids.push((await client.query('select pg_backend_pid() pid')).rows[0]);
    }
    expect(pids[0]).toEqual(pids[1]);
    await Promise.all(clients.map((client) => client.end()));
  });

  it('speaks TLS where it is given a certificate', async () => {
    const encrypted = 'select ssl from pg_stat_ssl where pid = pg_backend_pid()';
    expect(await answer(server.adminUrl(), encrypted, { ca: ca.cert })).toBe(true);
    expect(await answer(server.adminUrl(), encrypted)).toBe(false);
    expect(await answer(server.poolerUrl('postgres'), 'select 1', { ca: ca.cert })).toBe(1);
  });

  it('keeps its data and its port when it was away', async () => {
    await server.createDatabase('kept');
    await server.serverOff();
    await expect(answer(server.url('kept'), 'select 1')).rejects.toThrow('ECONNREFUSED');
    await server.serverOn();
    expect(await answer(server.url('kept'), 'select 1')).toBe(1);
  });

  it('says how to run the tests where there are no programs', async () => {
    const { POSTGRES_BIN } = process.env;
    process.env.POSTGRES_BIN = '';
    try {
      await expect(startPostgres()).rejects.toThrow('sh bin/with-postgres');
    } finally {
      process.env.POSTGRES_BIN = POSTGRES_BIN;
    }
  });
});

describeOwnServer('when its time is over', () => {
  // With fsync all its folders are in the temporary one, which is this test's own.
  let own: string;
  const { TMPDIR } = process.env;
  beforeAll(() => {
    own = mkdtempSync(join(tmpdir(), 'tinyfat-own-'));
    chmodSync(own, 0o755);
    process.env.TMPDIR = own;
  });
  afterAll(() => {
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
    rmSync(own, { recursive: true });
  });

  it('nothing is left by one that is stopped', async () => {
    const server = await startPostgres({ supabaseRoles: false, fsync: true });
    expect(await answer(server.adminUrl(), `select count(*)::int from pg_roles where rolname = 'anon'`)).toBe(
      0,
    );
    expect(readdirSync(own)).not.toEqual([]);
    await server.stop();
    await expect(answer(server.adminUrl(), 'select 1')).rejects.toThrow('ECONNREFUSED');
    expect(readdirSync(own)).toEqual([]);
  });

  it('nothing is left by one whose starter was killed', async () => {
    const starter = fork(new URL('test-support/start-and-wait.ts', import.meta.url), {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    const [address] = await once(starter, 'message');
    const url = databaseUrl(String(address), 'postgres');
    expect(await answer(url, 'select 1')).toBe(1);
    expect(readdirSync(own)).not.toEqual([]);
    starter.kill('SIGKILL');
    // The process of the cluster has the same stderr: its end is the end of both.
    starter.stderr?.resume();
    if (starter.stderr) await once(starter.stderr, 'close');
    await expect(answer(url, 'select 1')).rejects.toThrow('ECONNREFUSED');
    expect(readdirSync(own)).toEqual([]);
  });
});
