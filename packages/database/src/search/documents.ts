/** Writes what can be searched for, in the transaction of what it is of. Texts are bounded, whoever wrote them. */
import { sql } from 'kysely';
import { transact } from '../locks.ts';
import type { Database } from '../schema/index.ts';
import { changed } from '../statements.ts';
import type { DocumentKind } from './parse-query.ts';
import { agentMark, fromMark, kindMark, wordsIn } from './words.ts';

/** One mail, answer or run. */
export interface SearchDocument {
  kind: DocumentKind;
  /** Id of the mail, the delivery or the run. */
  id: string;
  agentId: string;
  /** Epoch ms. */
  at: number;
  /** Name and address of who wrote. */
  sender: string;
  /** Addresses of whom it went to, separated by blanks. */
  people: string;
  subject: string;
  text: string;
}

/** Of a longer text the beginning is searched. */
export const MOST_SEARCHED_CHARACTERS = 16_000;
const MOST_WORDS = 3000;
const MOST_LINE_CHARACTERS = 2000;

/** Documents of one millisecond that have a number of their own; the last possible year is 2248. */
const PER_MS = 1024;
const TRIES = 64;

/** Writes a document in the place of the one that there was of the same source. */
export async function indexDocument(tx: Database, document: SearchDocument): Promise<void> {
  const { kind, id: source_id } = document;
  const row = rowOf(document);
  const replaced = tx
    .updateTable('search_documents')
    .set(row)
    .where('kind', '=', kind)
    .where('source_id', '=', source_id);
  if (await changed(replaced)) return;
  const first = Math.max(0, document.at) * PER_MS;
  const slot = slotOf(source_id);
  for (let tries = 0; tries < TRIES; tries++) {
    const seq = first + ((slot + tries) % PER_MS);
    const insert = tx.insertInto('search_documents').values({ ...row, seq });
    if (await changed(insert.onConflict((conflict) => conflict.doNothing()))) return;
    // Another transaction may have been faster with the same source.
    if (await changed(replaced)) return;
  }
}

/** The first number within a millisecond from which a document can have been written, and the one after the last. */
export function seqAt(at: number): number {
  return Math.max(0, at) * PER_MS;
}

/** Writes the text of a document whose source was known before its text was; nothing where there is no such document. */
export async function setDocumentText(
  tx: Database,
  kind: DocumentKind,
  id: string,
  text: string,
): Promise<void> {
  const known = await tx
    .selectFrom('search_documents')
    .selectAll()
    .where('kind', '=', kind)
    .where('source_id', '=', id)
    .executeTakeFirst();
  if (!known) return;
  const { agent_id: agentId, at, sender, people, subject } = known;
  const { body, words } = rowOf({ kind, id, agentId, at, sender, people, subject, text });
  if (body === known.body) return;
  await tx.updateTable('search_documents').set({ body, words }).where('seq', '=', known.seq).execute();
}

/** Removes the texts of documents whose messages were removed; who wrote about what stays, as in the rows of those. */
export async function forgetDocumentTexts(
  tx: Database,
  kind: DocumentKind,
  ids: readonly string[],
): Promise<void> {
  for (const id of ids) await setDocumentText(tx, kind, id, '');
}

/**
 * Removes the texts of runs that began before a time (epoch ms), the oldest first, `limit` at most. Gives how many there
 * were.
 */
export async function forgetOldRunTexts(db: Database, before: number, limit: number): Promise<number> {
  return await transact(db, [], async (tx) => {
    const old = await tx
      .selectFrom('search_documents')
      .select('source_id')
      // As the partial index says it.
      .where(sql<boolean>`kind = 'run' and body <> ''`)
      .where('at', '<', before)
      .orderBy('at')
      .orderBy('source_id')
      .limit(limit)
      .execute();
    const ids = old.map(({ source_id }) => source_id);
    await forgetDocumentTexts(tx, 'run', ids);
    return ids.length;
  });
}

/** Removes documents whose rows are deleted. */
export async function deleteDocuments(
  tx: Database,
  kind: DocumentKind,
  ids: readonly string[],
): Promise<void> {
  if (ids.length === 0) return;
  await tx.deleteFrom('search_documents').where('kind', '=', kind).where('source_id', 'in', ids).execute();
}

function rowOf({ kind, id, agentId, at, ...texts }: SearchDocument) {
  const body = wellFormed(texts.text, MOST_SEARCHED_CHARACTERS);
  const sender = wellFormed(texts.sender, MOST_LINE_CHARACTERS);
  const people = wellFormed(texts.people, MOST_LINE_CHARACTERS);
  const subject = wellFormed(texts.subject, MOST_LINE_CHARACTERS);
  const marks = [agentMark(agentId), kindMark(kind), ...wordsIn(sender, 50).map(fromMark)];
  const words = wordsIn([sender, people, subject, body].join('\n'), MOST_WORDS * 2);
  return {
    kind,
    source_id: id,
    agent_id: agentId,
    at,
    sender,
    people,
    subject,
    body,
    words: [...new Set([...marks, ...words])].slice(0, MOST_WORDS).join(' '),
  };
}

/** At most so many characters, no half of a pair and no NUL, which Postgres does not take. */
function wellFormed(text: string, most: number): string {
  return text.slice(0, most).toWellFormed().replaceAll('\0', ' ');
}

/** FNV-1a: sources of the same millisecond rarely want the same number. */
function slotOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < id.length; at++) hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193);
  return (hash >>> 0) % PER_MS;
}
