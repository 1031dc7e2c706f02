/**
 * Stored messages whose time is over. Invariants: a row is marked before its bytes go, in a statement that looks once more
 * whether anything needs them; and nothing is found whose mail still waits for a turn, an answer or its owner.
 */
import type { MailVerdict } from '@tinyfat/core';
import { type ExpressionBuilder, sql } from 'kysely';
import { transact } from '../locks.ts';
import type { Database, Schema } from '../schema/index.ts';
import { deleteDocuments, forgetDocumentTexts } from '../search/documents.ts';

/** A row with stored bytes. `at`: epoch ms, with the id the place in the order of age. */
export interface OldMessage {
  at: number;
  id: string;
  rawKey: string;
}

/** Rows older than `before` (epoch ms), the oldest first, behind one of an earlier answer. */
export interface OldQuery {
  before: number;
  after: { at: number; id: string } | null;
  limit: number;
}

/** Mails with this verdict, whose state is a last one; those that their owner discarded, or the others. */
export async function oldMails(
  db: Database,
  { verdict, discarded }: { verdict: MailVerdict; discarded: boolean },
  { before, after, limit }: OldQuery,
): Promise<OldMessage[]> {
  return await db
    .selectFrom('mails')
    .select(['received_at as at', 'id', 'raw_key as rawKey'])
    .where('verdict', '=', verdict)
    .where('raw_removed_at', 'is', null)
    .where('received_at', '<', before)
    .where(behind('received_at', 'id', after))
    .where('state', discarded ? '=' : '!=', 'discarded')
    .where(isOver)
    .orderBy('received_at')
    .orderBy('id')
    .limit(limit)
    .execute();
}

/** Marks mails; gives the keys of those that were marked now. */
export async function markMailsRemoved(db: Database, ids: readonly string[], now: number): Promise<string[]> {
  if (ids.length === 0) return [];
  return await transact(db, [], async (tx) => {
    const marked = await tx
      .updateTable('mails')
      .set({ raw_removed_at: now })
      .where('id', 'in', ids)
      .where('raw_removed_at', 'is', null)
      .where(isOver)
      .returning(['id', 'raw_key'])
      .execute();
    const markedIds = marked.map(({ id }) => id);
    // What an owner wrote in the place of the mail goes with it; that there was something stays.
    if (markedIds.length > 0) {
      const edited = await tx
        .updateTable('runs')
        .set({ edited_text: '' })
        .where('mail_id', 'in', markedIds)
        .where('edited_text', 'is not', null)
        .returning('id')
        .execute();
      // What was said in such a run stands in one text with it.
      await forgetDocumentTexts(
        tx,
        'run',
        edited.map(({ id }) => id),
      );
    }
    // Nothing is found by a text that is removed.
    await forgetDocumentTexts(tx, 'mail', markedIds);
    return marked.map(({ raw_key }) => raw_key);
  });
}

/** Deliveries that nothing is to be done about any more unless somebody asks for it. `id` is their `seq` as text. */
export async function oldDeliveries(db: Database, { before, after, limit }: OldQuery): Promise<OldMessage[]> {
  const rows = await db
    .selectFrom('deliveries')
    .select(['created_at as at', 'seq', 'raw_key as rawKey'])
    .where('raw_removed_at', 'is', null)
    .where('created_at', '<', before)
    .where(behind('created_at', 'seq', after === null ? null : { at: after.at, id: Number(after.id) }))
    .where('state', 'not in', UNSENT)
    .where('raw_key', '!=', '')
    .orderBy('created_at')
    .orderBy('seq')
    .limit(limit)
    .execute();
  return rows.map(({ seq, ...row }) => ({ ...row, id: String(seq) }));
}

/** Marks deliveries; gives the keys of those that were marked now. `ids` as `oldDeliveries` gives them. */
export async function markDeliveriesRemoved(
  db: Database,
  ids: readonly string[],
  now: number,
): Promise<string[]> {
  if (ids.length === 0) return [];
  return await transact(db, [], async (tx) => {
    const marked = await tx
      .updateTable('deliveries')
      .set({ raw_removed_at: now })
      .where('seq', 'in', ids.map(Number))
      .where('raw_removed_at', 'is', null)
      .where('state', 'not in', UNSENT)
      .returning(['id', 'raw_key'])
      .execute();
    const markedIds = marked.map(({ id }) => id);
    await forgetDocumentTexts(tx, 'answer', markedIds);
    const replaced = await markReplacedRemoved(tx, markedIds, now);
    return [...marked.map(({ raw_key }) => raw_key), ...replaced];
  });
}

/** The same for the bytes that an owner's edits of these deliveries replaced. */
async function markReplacedRemoved(
  db: Database,
  deliveryIds: readonly string[],
  now: number,
): Promise<string[]> {
  if (deliveryIds.length === 0) return [];
  const marked = await db
    .updateTable('approval_records')
    .set({ raw_removed_at: now })
    .where('delivery_id', 'in', deliveryIds)
    .where('raw_key', 'is not', null)
    .where('raw_removed_at', 'is', null)
    .returning('raw_key')
    .execute();
  return marked.flatMap(({ raw_key }) => raw_key ?? []);
}

/** All other states are last ones. Asked for by those, SQLite would read all rows of a state and sort them. */
const UNSENT = ['pending', 'sending', 'awaiting_approval'] as const;

type Mails = ExpressionBuilder<Schema, 'mails'>;

/** The mail is in a last state, and neither its job nor an answer to it goes on. */
function isOver({ and, eb, not, exists, selectFrom, lit }: Mails) {
  return and([
    eb('mails.state', 'not in', ['queued', 'quarantined', 'over_limit', 'awaiting_approval']),
    // Each state alone and as the partial indexes have it: only then are those used.
    ...(['ready', 'paused', 'running'] as const).map((state) =>
      not(
        exists(
          selectFrom('jobs')
            .select(lit(1).as('one'))
            .whereRef('jobs.mail_id', '=', 'mails.id')
            .where('jobs.state', '=', sql.lit(state)),
        ),
      ),
    ),
    not(
      exists(
        selectFrom('deliveries')
          .select(lit(1).as('one'))
          .whereRef('deliveries.mail_id', '=', 'mails.id')
          .where('deliveries.state', 'in', UNSENT),
      ),
    ),
  ]);
}

/** The row stands behind a place in an order by two columns. */
function behind(at: string, id: string, after: { at: number; id: string | number } | null) {
  if (after === null) return sql<boolean>`1 = 1`;
  return sql<boolean>`(${sql.ref(at)}, ${sql.ref(id)}) > (${after.at}, ${after.id})`;
}

/** Rows of mails that were refused, and of copies, that nothing refers to: how many are older than `before`. */
export async function countOldRefused(db: Database, before: number): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from mails where ${refusedBefore(before)}`.execute(db);
  return rows[0]?.count ?? 0;
}

/** Deletes at most `limit` of them, the oldest first. Gives how many, and the keys of bytes that were stored. */
export async function deleteOldRefused(
  db: Database,
  before: number,
  limit: number,
): Promise<{ deleted: number; rawKeys: string[] }> {
  const rows = await transact(db, [], async (tx) => {
    const deleted = await sql<{ id: string; raw_key: string; raw_removed_at: number | null }>`
      delete from mails where id in (
        select id from mails where ${refusedBefore(before)} order by received_at, id limit ${limit}
      ) returning id, raw_key, raw_removed_at`.execute(tx);
    await deleteDocuments(
      tx,
      'mail',
      deleted.rows.map(({ id }) => id),
    );
    return deleted.rows;
  });
  const stored = rows.filter(({ raw_removed_at }) => raw_removed_at === null);
  return { deleted: rows.length, rawKeys: stored.map(({ raw_key }) => raw_key) };
}

/** As the partial index says it. What was once taken, as the copy of a quarantined mail, may have had a notice. */
function refusedBefore(before: number) {
  return sql`verdict in ('refused', 'duplicate') and received_at < ${before}
    and not exists (select 1 from limit_notices where limit_notices.mail_id = mails.id)
    and not exists (select 1 from jobs where jobs.mail_id = mails.id)`;
}
