import { randomBytes } from 'node:crypto';

/** Where a server for tests is reached: `postgres://user:password@host:port`, without a database. */
export interface PostgresAddresses {
  /** As the role that owns the databases and migrates: no superuser, may create databases. */
  direct: string;
  /** The same role through a pooler in transaction mode. */
  pooler: string;
  /** As a superuser; for a server that the operator named, the same role. */
  admin: string;
}

/** By which the processes of a run's tests inherit them. */
export const VARIABLES = {
  direct: 'TEST_POSTGRES_URL',
  pooler: 'TEST_POSTGRES_POOLER_URL',
  admin: 'TEST_POSTGRES_ADMIN_URL',
} as const satisfies Record<keyof PostgresAddresses, string>;

/** What the names of a run's databases begin with, so that none is left on a server that the operator named. */
export const RUN_PREFIX = 'TEST_POSTGRES_PREFIX';

/** Of the server of this run; only in the project `postgres`. */
export function addressesOfRun(environment: NodeJS.ProcessEnv): PostgresAddresses {
  const read = (variable: string) => {
    const address = environment[variable];
    if (!address) throw new Error(`${variable} is not set: run this test in the project \`postgres\``);
    return address;
  };
  const { direct, pooler, admin } = VARIABLES;
  return { direct: read(direct), pooler: read(pooler), admin: read(admin) };
}

/** The URL of one database there. */
export function databaseUrl(address: string, database: string): string {
  const url = new URL(address);
  url.pathname = `/${database}`;
  return url.href;
}

/** A name for a database of this run that no other has. */
export function databaseName(environment: NodeJS.ProcessEnv): string {
  return `${environment[RUN_PREFIX] ?? 'tinyfat_'}${randomBytes(8).toString('hex')}`;
}
