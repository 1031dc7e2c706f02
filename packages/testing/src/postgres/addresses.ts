/** Where a server for tests is reached. Plain texts: they go from the process that started it to those that run tests. */
export interface PostgresAddresses {
  /** As the role that owns the databases and migrates: no superuser, may create databases. `postgres://user:password@host:port` */
  direct: string;
  /** The same role through a pooler in transaction mode. */
  pooler: string;
  /** As a superuser. */
  admin: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    /** Of the run's server; only in the project `postgres`. */
    postgres: PostgresAddresses;
  }
}

/** The URL of one database there. */
export function databaseUrl(address: string, database: string): string {
  const url = new URL(address);
  url.pathname = `/${database}`;
  return url.href;
}
