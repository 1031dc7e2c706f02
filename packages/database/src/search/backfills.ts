/** How far rows from before the search have been read into documents. */
import { sql } from 'kysely';
import type { Database, Delivery, Mail, Run } from '../schema/index.ts';
import type { DocumentKind } from './parse-query.ts';

/** Where the next rows begin. */
export interface BackfillPlace {
  at: number;
  id: string;
}

/** Rows of one kind that are to be read next, the newest first; `last` is the place of the last of them. */
export type BackfillSlice = (
  | { kind: 'mail'; rows: Mail[] }
  | { kind: 'answer'; rows: Delivery[] }
  | { kind: 'run'; rows: Run[] }
) & { last: BackfillPlace };

/** The next rows, `limit` at most; null where all kinds have been read. */
export async function nextToIndex(db: Database, limit: number): Promise<BackfillSlice | null> {
  const left = await db
    .selectFrom('search_backfills')
    .selectAll()
    .orderBy('kind')
    .limit(1)
    .executeTakeFirst();
  if (!left) return null;
  const { kind, at, id } = left;
  if (kind === 'mail') {
    const rows = await db
      .selectFrom('mails')
      .selectAll()
      .where(behind('received_at', 'id', at, id))
      .orderBy('received_at', 'desc')
      .orderBy('id', 'desc')
      .limit(limit)
      .execute();
    const last = rows.at(-1);
    return { kind, rows, last: last ? { at: last.received_at, id: last.id } : { at, id } };
  }
  if (kind === 'run') {
    const rows = await db
      .selectFrom('runs')
      .selectAll()
      .where(behind('started_at', 'id', at, id))
      .orderBy('started_at', 'desc')
      .orderBy('id', 'desc')
      .limit(limit)
      .execute();
    const last = rows.at(-1);
    return { kind, rows, last: last ? { at: last.started_at, id: last.id } : { at, id } };
  }
  // Deliveries are in the order of their numbers.
  const rows = await db
    .selectFrom('deliveries')
    .selectAll()
    .where('seq', '<', id === '' ? Number.MAX_SAFE_INTEGER : Number(id))
    .orderBy('seq', 'desc')
    .limit(limit)
    .execute();
  const last = rows.at(-1);
  return { kind, rows, last: last ? { at: last.created_at, id: String(last.seq) } : { at, id } };
}

function behind(time: string, id: string, at: number, lastId: string) {
  return sql<boolean>`(${sql.ref(time)}, ${sql.ref(id)}) < (${at}, ${lastId})`;
}

/** Notes that the rows of a kind are read down to this one; null: all are. */
export async function noteIndexed(
  tx: Database,
  kind: DocumentKind,
  last: BackfillPlace | null,
): Promise<void> {
  if (last === null) await tx.deleteFrom('search_backfills').where('kind', '=', kind).execute();
  else await tx.updateTable('search_backfills').set(last).where('kind', '=', kind).execute();
}

/** Which of the sources have a document already. */
export async function indexedAmong(
  db: Database,
  kind: DocumentKind,
  ids: readonly string[],
): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const rows = db
    .selectFrom('search_documents')
    .select('source_id')
    .where('kind', '=', kind)
    .where('source_id', 'in', ids);
  return new Set((await rows.execute()).map(({ source_id }) => source_id));
}
