/** The two database engines for measurements, each with every commit on the disk. */
import { join } from 'node:path';
import type { Database } from '@tinyfat/database';
import { openPostgres } from '@tinyfat/database/postgres';
import { openSqlite } from '@tinyfat/database/sqlite';
import { type PrivatePostgres, startPostgres } from '@tinyfat/testing/postgres/start';

export type EngineName = 'sqlite' | 'postgres';

/** An engine; each server of a measurement gets a database of its own. */
export interface Engine {
  name: EngineName;
  /** An empty database. */
  fresh(): Promise<ServerDatabase>;
  stop(): Promise<void>;
}

export interface ServerDatabase {
  /** Settings of the server that uses it. */
  environment: Record<string, string>;
  /** Opens it beside a server on that data folder. */
  open(dataDir: string): Promise<Database>;
}

/** SQLite, in the file of the server's data folder. */
export const sqlite: Engine = {
  name: 'sqlite',
  fresh: async () => ({
    environment: {},
    open: (dataDir) => openSqlite(join(dataDir, 'tinyfat.sqlite')),
  }),
  stop: async () => {},
};

/** A private Postgres of this machine; a sentence where there is none. */
export async function postgres(): Promise<Engine | string> {
  if (!process.env.POSTGRES_BIN)
    return 'Postgres is not there: POSTGRES_BIN is not set (bin/with-postgres sets it)';
  const server: PrivatePostgres = await startPostgres({ fsync: true });
  let made = 0;
  return {
    name: 'postgres',
    async fresh() {
      made += 1;
      const name = `bench_${made}`;
      await server.createDatabase(name);
      const url = server.url(name);
      return { environment: { DATABASE_URL: url }, open: () => openPostgres({ url }) };
    },
    stop: () => server.stop(),
  };
}
