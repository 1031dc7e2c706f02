/** Databases of one test on the server of the run. */
import { addressesOfRun, databaseName } from '@tinyfat/testing/postgres/addresses';
import { atAddresses, type TestPostgres } from '@tinyfat/testing/postgres/start';
import pg from 'pg';

export interface OwnDatabase {
  server: TestPostgres;
  name: string;
  /** Directly, and through the pooler. */
  url: string;
  poolerUrl: string;
  /** Runs statements in a transaction as that role, or as a superuser; gives the rows of the last one. */
  as(role: string | null, statement: string): Promise<unknown[]>;
  dispose(): Promise<void>;
}

/** An empty one of the role `tinyfat`, on the server of the run unless another is named. */
export async function ownDatabase(server = atAddresses(addressesOfRun(process.env))): Promise<OwnDatabase> {
  const name = databaseName(process.env);
  await server.createDatabase(name);
  const admin = new pg.Client(server.adminUrl(name));
  admin.on('error', () => {});
  await admin.connect();
  return {
    server,
    name,
    url: server.url(name),
    poolerUrl: server.poolerUrl(name),
    async as(role, statement) {
      await admin.query('begin');
      try {
        if (role !== null) await admin.query(`set local role ${role}`);
        const last = [await admin.query({ text: statement, rowMode: 'array' })].flat().at(-1);
        await admin.query('commit');
        return (last?.rows ?? []).map((row: unknown[]) => (row.length === 1 ? row[0] : row));
      } catch (error) {
        await admin.query('rollback');
        throw error;
      }
    },
    async dispose() {
      await admin.end();
      await server.dropDatabase(name);
    },
  };
}
