/** A database of one test in workerd, of the newest schema. */
import { createDatabase, dropDatabase, TEMPLATE, wayTo } from '@tinyfat/testing/hyperdrive/fresh-database';
import type { Database } from '../../schema/index.ts';
import { openHyperdrive } from '../hyperdrive.ts';

export interface HyperdriveDatabase {
  name: string;
  db: Database;
  dispose(): Promise<void>;
}

export async function hyperdriveDatabase(): Promise<HyperdriveDatabase> {
  const name = await createDatabase(TEMPLATE);
  const db = openHyperdrive(wayTo(name));
  return {
    name,
    db,
    async dispose() {
      await db.destroy();
      await dropDatabase(name);
    },
  };
}
