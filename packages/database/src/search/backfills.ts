/** How far rows from before the search have been read into documents. */
import type { Database, Delivery, Mail, Run } from '../schema/index.ts';
import type { DocumentKind } from './parse-query.ts';

/** Rows that are to be read next, the newest first; `next` is where those after them begin, null at the end. */
export type BackfillSlice =
  | { kind: 'mail'; rows: Mail[] }
  | { kind: 'answer'; rows: Delivery[] }
  | { kind: 'run'; rows: Run[] };

/** The next rows of one kind that have no document, `limit` of all at most; null where all kinds have been read. */
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
    const rows = db
      .selectFrom('mails')
      .selectAll()
      .where(({ eb, refTuple, tuple }) => eb(refTuple('received_at', 'id'), '<', tuple(at, id)));
    return {
      kind,
      rows: await rows.orderBy('received_at', 'desc').orderBy('id', 'desc').limit(limit).execute(),
    };
  }
  if (kind === 'run') {
    const rows = db
      .selectFrom('runs')
      .selectAll()
      .where(({ eb, refTuple, tuple }) => eb(refTuple('started_at', 'id'), '<', tuple(at, id)));
    return {
      kind,
      rows: await rows.orderBy('started_at', 'desc').orderBy('id', 'desc').limit(limit).execute(),
    };
  }
  const rows = db.selectFrom('deliveries').selectAll();
  const before = id === '' ? rows : rows.where('seq', '<', Number(id));
  return { kind, rows: await before.orderBy('seq', 'desc').limit(limit).execute() };
}

/** Notes that the rows of a kind are read down to this one; null: all are. */
export async function noteIndexed(
  tx: Database,
  kind: DocumentKind,
  last: { at: number; id: string } | null,
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
