/**
 * A private cluster with a pgbouncer in transaction mode in front of it. Text is ordered by a language's rules and not
 * by bytes, which shows queries that lean on the order of the operator's locale.
 */
import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { scratchFolder } from '../scratch-folder.ts';
import { type Account, unprivilegedAccount } from './account.ts';
import { databaseUrl, type PostgresAddresses } from './addresses.ts';
import { cheapSecret, password } from './password.ts';
import { type Programs, type Running, runProgram, startProgram, usablePrograms } from './programs.ts';
import type { PostgresWishes } from './start.ts';

export interface Cluster extends PostgresAddresses {
  /** Ends the server but not the pooler, as an outage does. */
  serverOff(): Promise<void>;
  serverOn(): Promise<void>;
  /** Leaves nothing behind. */
  stop(): Promise<void>;
}

interface Place {
  programs: Programs;
  account: Account | null;
  /** For sockets and settings. */
  folder: string;
  /** The cluster itself. */
  data: string;
  passwords: { postgres: string; tinyfat: string };
  /** What the server and the pooler check the one of `tinyfat` with, the same text for both. */
  secret: string;
}

const MAX_CONNECTIONS = 200;
/** Somebody else may take a port between the look and the use. */
const ATTEMPTS = 5;
/** What Supabase has; nobody signs in as one of them. */
const SUPABASE_ROLES = 'create role anon; create role authenticated; create role service_role bypassrls';

/** Makes and starts one. Rejects with what the programs wrote, and leaves nothing behind. */
export async function startCluster(wishes: PostgresWishes): Promise<Cluster> {
  const account = unprivilegedAccount();
  const folder = await privateFolder(tmpdir(), account);
  const data = await privateFolder(wishes.fsync ? tmpdir() : scratchFolder(), account);
  const running: { server?: Running; pooler?: Running } = {};
  const stop = async () => {
    await running.pooler?.stop('SIGTERM');
    await running.server?.stop('SIGINT');
    await Promise.all([folder, data].map((path) => rm(path, { recursive: true })));
  };
  try {
    const programs = await usablePrograms(process.env, account, folder);
    const passwords = { postgres: password(), tinyfat: password() };
    const secret = cheapSecret(passwords.tinyfat);
    const place = { programs, account, folder, data, passwords, secret };
    await makeCluster(place, wishes);
    const direct = await onFreePort(async (port) => {
      running.server = await startServer(place, port);
      return port;
    });
    const pooled = await onFreePort(async (port) => {
      running.pooler = await startPooler(place, direct, port, wishes);
      return port;
    });
    const admin = `postgres://postgres:${passwords.postgres}@127.0.0.1:${direct}`;
    await makeRoles(admin, secret, wishes);
    return {
      direct: `postgres://tinyfat:${passwords.tinyfat}@127.0.0.1:${direct}`,
      pooler: `postgres://tinyfat:${passwords.tinyfat}@127.0.0.1:${pooled}`,
      admin,
      async serverOff() {
        await running.server?.stop('SIGINT');
        delete running.server;
      },
      async serverOn() {
        running.server = await startServer(place, direct);
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function privateFolder(parent: string, account: Account | null): Promise<string> {
  const folder = await mkdtemp(join(parent, 'tinyfat-postgres-'));
  if (account) await chown(folder, account.uid, account.gid);
  return folder;
}

async function makeCluster(place: Place, { fsync = false, certificate }: PostgresWishes): Promise<void> {
  const { programs, account, folder, data, passwords } = place;
  const pwfile = await privateFile(place, 'password', passwords.postgres);
  const words = ['-D', data, '-U', 'postgres', `--pwfile=${pwfile}`, '--auth=scram-sha-256', '--no-sync'];
  const order = ['--locale=C.UTF-8', '--locale-provider=icu', '--icu-locale=en'];
  await runProgram(programs.initdb, [...words, ...order, '--encoding=UTF8', '--wal-segsize=4'], account);
  const settings = [
    `unix_socket_directories = '${folder}'`,
    `listen_addresses = '127.0.0.1'`,
    `max_connections = ${MAX_CONNECTIONS}`,
    'jit = off',
    // It would sit in a database that is to be dropped, and only a superuser may end it.
    'autovacuum = off',
    'wal_level = minimal',
    'max_wal_senders = 0',
    ...(fsync ? [] : ['fsync = off', 'synchronous_commit = off', 'full_page_writes = off']),
  ];
  if (certificate) {
    const key = await privateFile(place, 'server.key', certificate.key);
    const cert = await privateFile(place, 'server.crt', certificate.cert);
    settings.push('ssl = on', `ssl_key_file = '${key}'`, `ssl_cert_file = '${cert}'`);
  }
  await writeFile(join(data, 'postgresql.conf'), `${settings.join('\n')}\n`);
}

async function privateFile({ folder, account }: Place, name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text, { mode: 0o600 });
  await chmod(path, 0o600);
  if (account) await chown(path, account.uid, account.gid);
  return path;
}

const startServer = ({ programs, account, data }: Place, port: number) =>
  startProgram(programs.postgres, ['-D', data, '-p', String(port)], account, 'ready to accept connections');

async function startPooler(
  place: Place,
  server: number,
  port: number,
  { poolSize = 20, certificate }: PostgresWishes,
): Promise<Running> {
  const { programs, account, folder, passwords, secret } = place;
  const users = [`"postgres" "${passwords.postgres}"\n`, `"tinyfat" "${secret}"\n`];
  const settings = {
    auth_type: 'scram-sha-256',
    auth_file: await privateFile(place, 'users', users.join('')),
    admin_users: 'postgres',
    listen_addr: '127.0.0.1',
    listen_port: port,
    unix_socket_dir: '',
    pool_mode: 'transaction',
    default_pool_size: poolSize,
    max_client_conn: 500,
    // Databases of tests come and go.
    server_idle_timeout: 10,
    // After an outage of a test.
    server_login_retry: 1,
    query_wait_timeout: 2,
    autodb_idle_timeout: 60,
    ...(certificate && {
      client_tls_sslmode: 'allow',
      client_tls_key_file: join(folder, 'server.key'),
      client_tls_cert_file: join(folder, 'server.crt'),
    }),
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}\n`);
  const file = await privateFile(
    place,
    'pgbouncer.ini',
    `[databases]\n* = host=${folder} port=${server}\n[pgbouncer]\n${lines.join('')}`,
  );
  return await startProgram(programs.pgbouncer, [file], account, 'process up');
}

/** Resolves with what `use` gives for a port of 127.0.0.1 that was free. */
async function onFreePort<T>(use: (port: number) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await use(await freePort());
    } catch (error) {
      if (attempt === ATTEMPTS || !/address.*in use/i.test(String(error))) throw error;
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('A listener has no port');
  return address.port;
}

async function makeRoles(admin: string, secret: string, { supabaseRoles = true }: PostgresWishes) {
  const client = new pg.Client({ connectionString: databaseUrl(admin, 'postgres') });
  await client.connect();
  await client.query(`create role tinyfat login createdb password '${secret}'`);
  if (supabaseRoles) await client.query(SUPABASE_ROLES);
  await client.end();
}
