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
