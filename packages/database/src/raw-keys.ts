/** Which rows name messages of the raw mail store. */
import type { Database } from './sqlite.ts';

/** Those of some keys that a row of any table names; at most some hundred keys at once. */
export async function namedRawKeys(db: Database, keys: readonly string[]): Promise<Set<string>> {
  const named = new Set<string>();
  for (const table of ['mails', 'deliveries', 'webhook_events'] as const) {
    const rows = await db.selectFrom(table).select('raw_key').where('raw_key', 'in', keys).execute();
    for (const { raw_key } of rows) if (raw_key !== null) named.add(raw_key);
  }
  return named;
}
