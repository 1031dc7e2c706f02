/**
 * Makes what was there before the search findable, a few rows at a time, the newest first: mails and answers are read once
 * more, runs by their events. Killed at any point it goes on there; two that do it at once write the same.
 */
import {
  approvalRecords,
  deliveryDocument,
  indexDocument,
  indexedAmong,
  type Mail,
  mailById,
  mailDocument,
  nextToIndex,
  noteIndexed,
  type SearchDocument,
  transact,
} from '@tinyfat/database';
import type { ConsumerDeps } from '../consumer.ts';
import { runDocument } from './index-run.ts';
import { searchedText } from './searched-text.ts';

type BackFillDeps = Pick<ConsumerDeps, 'db' | 'folders' | 'rawMail' | 'workers' | 'clock'>;

/** Rows of one step. */
const SLICE = 20;
/** The rejection is the last one, but for what came too late. */
const MOST_RECORDS = 10;

/** Does one step; false where nothing is left. Rejects as the database does. */
export async function backFillSearch(deps: BackFillDeps, signal?: AbortSignal): Promise<boolean> {
  const { db } = deps;
  const slice = await nextToIndex(db, SLICE);
  if (slice === null) return false;
  const { kind, rows } = slice;
  const known = await indexedAmong(
    db,
    kind,
    rows.map(({ id }) => id),
  );
  for (const row of rows) {
    if (signal?.aborted) return true;
    if (known.has(row.id)) continue;
    const document = await documentOf(deps, slice, row.id);
    if (document) await transact(db, [], (tx) => indexDocument(tx, document));
  }
  await noteIndexed(db, kind, rows.length < SLICE ? null : slice.last);
  return true;
}

async function documentOf(
  deps: BackFillDeps,
  slice: NonNullable<Awaited<ReturnType<typeof nextToIndex>>>,
  id: string,
): Promise<SearchDocument | null> {
  if (slice.kind === 'run') {
    const run = slice.rows.find((one) => one.id === id);
    const isOver = run !== undefined && run.status !== 'running';
    return isOver ? await runDocument(deps, run, await mailById(deps.db, run.mail_id)) : null;
  }
  if (slice.kind === 'answer') {
    const row = slice.rows.find((one) => one.id === id);
    return row ? deliveryDocument(row, await textOfMessage(deps, row)) : null;
  }
  const mail = slice.rows.find((one) => one.id === id);
  if (!mail || mail.verdict === 'duplicate') return null;
  // Of what was never taken only the beginning is stored, for a look at what it was.
  const isWanted = ['accepted', 'quarantined', 'over_limit'].includes(mail.verdict);
  if (mail.rewrites !== null) return mailDocument(mail, await textOfNote(deps, mail, mail.rewrites));
  return mailDocument(mail, isWanted ? await textOfMessage(deps, mail) : '');
}

/** What the owner wrote, as the record of the rejection has it; empty where the message is not stored any more. */
async function textOfNote({ db }: BackFillDeps, mail: Mail, deliveryId: string): Promise<string> {
  if (mail.raw_removed_at !== null) return '';
  const records = await approvalRecords(db, deliveryId, MOST_RECORDS);
  return records.find(({ action }) => action === 'rejected_with_note')?.note ?? '';
}

/** Empty where the message is not stored any more, or can't be read. */
async function textOfMessage(
  { rawMail, workers }: BackFillDeps,
  { raw_key, raw_removed_at }: { raw_key: string; raw_removed_at: number | null },
): Promise<string> {
  if (raw_key === '' || raw_removed_at !== null) return '';
  const raw = await rawMail.get(raw_key).catch(() => null);
  const read = raw && (await workers.read(raw).catch(() => null));
  return read?.ok ? searchedText(read.content) : '';
}
