/** A real Postgres for tests, with a pooler in transaction mode. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { TestCertificate } from '../certificates.ts';
import { databaseUrl, type PostgresAddresses } from './addresses.ts';
import { administrator } from './administrator.ts';

export interface PostgresWishes {
  /** Whether what is committed is on the disk; off by default. */
  fsync?: boolean;
  /** Both the server and the pooler speak TLS to those who ask, with this one. */
  certificate?: TestCertificate;
  /** Connections of the pooler to one database; 20 by default. */
  poolSize?: number;
  /** Whether the roles `anon`, `authenticated` and `service_role` exist; they do by default. */
  supabaseRoles?: boolean;
}

/** Words to the process that owns the cluster, and what it answers, one for one; the addresses come first. */
export type ToSupervisor = 'serverOff' | 'serverOn';
export type FromSupervisor = { addresses: PostgresAddresses } | { did: ToSupervisor } | { error: string };

export interface TestPostgres extends PostgresAddresses {
  /** As the role `tinyfat`, which owns what `createDatabase` made and is no superuser. */
  url(database: string): string;
  /** The same through pgbouncer in transaction mode. */
  poolerUrl(database: string): string;
  /** As a superuser; of the database `postgres` by default. */
  adminUrl(database?: string): string;
  /** An empty one, or a copy of another that nobody is connected to. Names: `[a-z0-9_]+`. */
  createDatabase(name: string, template?: string): Promise<void>;
  /** Ends what is connected to it. Does nothing where there is none. */
  dropDatabase(name: string): Promise<void>;
}

export interface PrivatePostgres extends TestPostgres {
  /** Ends the server but not the pooler, as an outage does. */
  serverOff(): Promise<void>;
  /** Starts it again with the same data and port. */
  serverOn(): Promise<void>;
  /** Ends both and leaves nothing. */
  stop(): Promise<void>;
}

/** The functions over a server that runs already. */
export function atAddresses(addresses: PostgresAddresses): TestPostgres {
  const adminUrl = (database = 'postgres') => databaseUrl(addresses.admin, database);
  /** As the owner: who makes a database owns it. */
  const run = administrator(databaseUrl(addresses.direct, 'postgres'));
  /** Who drops it ends connections of other roles, too, for example ones that are just leaving. */
  const runAsAdmin = administrator(adminUrl());
  return {
    ...addresses,
    url: (database) => databaseUrl(addresses.direct, database),
    poolerUrl: (database) => databaseUrl(addresses.pooler, database),
    adminUrl,
    createDatabase: async (name, template = 'template1') =>
      // Quicker by far than through the log, where nothing waits for a disk.
      await run(`create database ${plainName(name)} template ${plainName(template)} strategy file_copy`),
    dropDatabase: async (name) => await runAsAdmin(`drop database if exists ${plainName(name)} with (force)`),
  };
}

/** Starts one of its own, whose process group and folders are gone when this process is, by whatever means. */
export async function startPostgres(wishes: PostgresWishes = {}): Promise<PrivatePostgres> {
  const { PATH = '', POSTGRES_BIN = '', PGBOUNCER_PATH = '', TMPDIR, NODE_COMPILE_CACHE } = process.env;
  const supervisor = fork(new URL('supervisor.ts', import.meta.url), [JSON.stringify(wishes)], {
    env: {
      PATH,
      POSTGRES_BIN,
      PGBOUNCER_PATH,
      ...(TMPDIR !== undefined && { TMPDIR }),
      ...(NODE_COMPILE_CACHE !== undefined && { NODE_COMPILE_CACHE }),
    },
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    detached: true,
  });
  const first = await answerOf(supervisor).catch(async (error) => {
    await end(supervisor);
    throw error;
  });
  if (!('addresses' in first)) throw new Error('The process of the cluster gave no addresses');
  const ask = async (message: ToSupervisor) => {
    supervisor.send(message);
    await answerOf(supervisor);
  };
  return {
    ...atAddresses(first.addresses),
    serverOff: () => ask('serverOff'),
    serverOn: () => ask('serverOn'),
    stop: () => end(supervisor),
  };
}

async function answerOf(supervisor: ChildProcess): Promise<Exclude<FromSupervisor, { error: string }>> {
  const answer = await new Promise<FromSupervisor>((resolve) => {
    supervisor.once('message', resolve as (message: unknown) => void);
    supervisor.once('exit', (code) => resolve({ error: `The process of the cluster ended with ${code}` }));
  });
  if ('error' in answer) throw new Error(answer.error);
  return answer;
}

async function end(supervisor: ChildProcess): Promise<void> {
  if (supervisor.exitCode !== null || supervisor.signalCode !== null) return;
  const exit = once(supervisor, 'exit');
  supervisor.disconnect();
  await exit;
}

function plainName(name: string): string {
  if (!/^[a-z0-9_]+$/.test(name)) throw new Error(`Not a name of a database: ${name}`);
  return name;
}
