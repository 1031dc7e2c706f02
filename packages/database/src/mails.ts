/**
 * Inbound mails: every one has a row with its verdict, and ends in exactly one state. A mail that is quarantined or over
 * a limit is in quarantine: it has no job, and waits for its owner to release or discard it.
 */
import { type MailCounts, THREAD_WINDOW_MS } from '@tinyfat/core';
import { sql } from 'kysely';
import type { Database, Mail, MailState, NewMail } from './schema/index.ts';
import { indexDocument, type SearchDocument } from './search/documents.ts';
import { changed, countRows, exists, rowsChanged } from './statements.ts';

const HOUR_MS = 3_600_000;
/** As the partial index says it, so that it is used. */
export const inQuarantine = sql<boolean>`state in ('quarantined', 'over_limit')`;
/** Mails that were taken: each the one of its sender with that Message-ID, and of its signature. As the index says it. */
const wasTaken = sql<boolean>`verdict in ('accepted', 'quarantined', 'over_limit')`;

/** One mail by its id. */
export async function mailById(db: Database, id: string): Promise<Mail | undefined> {
  return await db.selectFrom('mails').selectAll().where('id', '=', id).executeTakeFirst();
}

/** The mail whose sender an answer to this one goes to: for a note on an answer, the mail that was answered in the first place. */
export async function answeredMail(db: Database, id: string): Promise<Mail | undefined> {
  const mail = await mailById(db, id);
  return mail?.answers_for == null ? mail : ((await answeredMail(db, mail.answers_for)) ?? mail);
}

/** The newest mail with this Message-ID (with angle brackets), to any agent. */
export async function mailByMessageId(db: Database, messageId: string): Promise<Mail | undefined> {
  return await db
    .selectFrom('mails')
    .selectAll()
    .where('message_id', '=', messageId)
    .orderBy('received_at', 'desc')
    .limit(1)
    .executeTakeFirst();
}

/** Sets where a mail is now, and why; where it is a note on the answer to another one, also where that one is, and so on. */
export async function setMailState(
  db: Database,
  id: string,
  state: MailState,
  reason: string,
): Promise<void> {
  const set = db.updateTable('mails').set({ state, state_reason: reason }).returning('answers_for');
  // Notes are on older mails, so this comes to an end.
  for (let next: string | null = id; next !== null; ) {
    const mail: Pick<Mail, 'answers_for'> | undefined = await set.where('id', '=', next).executeTakeFirst();
    next = mail?.answers_for ?? null;
  }
}

/** Which of some people (canonical addresses without tags) have written to an agent and were let in. */
export async function wroteBefore(
  db: Database,
  agentId: string,
  bases: readonly string[],
): Promise<Set<string>> {
  const found = new Set<string>();
  for (const base of new Set(bases)) {
    const mail = db
      .selectFrom('mails')
      .select('id')
      .where('agent_id', '=', agentId)
      .where('sender_base', '=', base)
      .where('verdict', '=', sql.lit('accepted'))
      .limit(sql.lit(1));
    if (await exists(mail)) found.add(base);
  }
  return found;
}

/** The mail that is the note by which a rejected delivery is written anew; undefined where there is none. */
export async function noteOnDelivery(db: Database, deliveryId: string): Promise<Mail | undefined> {
  return await db.selectFrom('mails').selectAll().where('rewrites', '=', deliveryId).executeTakeFirst();
}

/**
 * Writes a mail row, with what can be searched for before its text is read; false when the same Message-ID of that sender,
 * or the signature, was taken for this agent.
 */
export async function insertMail(db: Database, mail: NewMail): Promise<boolean> {
  const insert = db.insertInto('mails').values(mail);
  if (!(await changed(insert.onConflict((conflict) => conflict.doNothing())))) return false;
  await indexDocument(db, mailDocument(mail, ''));
  return true;
}

/** Who wrote a mail: `Ann <ann@example.com>`, or the address alone. */
export function senderText(mail: Pick<NewMail, 'sender' | 'sender_name' | 'envelope_sender'>): string {
  const address = mail.sender ?? mail.envelope_sender;
  return mail.sender_name === '' ? address : `${mail.sender_name} <${address}>`;
}

/** What can be searched for of a mail with this text. */
export function mailDocument(mail: NewMail, text: string): SearchDocument {
  return {
    kind: 'mail',
    id: mail.id,
    agentId: mail.agent_id,
    at: mail.received_at,
    sender: senderText(mail),
    people: mail.others,
    subject: mail.subject,
    text,
  };
}

/** Whether the mail that was taken before has the same Message-ID (else it shares the signature only). */
export async function hasSameMessageId(db: Database, mail: NewMail): Promise<boolean> {
  return await exists(
    db
      .selectFrom('mails')
      .select('id')
      .where('agent_id', '=', mail.agent_id)
      .where('message_id', '=', mail.message_id)
      .where('sender_base', '=', mail.sender_base ?? null)
      .where(wasTaken)
      .limit(sql.lit(1)),
  );
}

/**
 * Makes way for a mail that is beyond doubt where only doubtful copies of it were taken: they become its duplicates.
 * False, and nothing is changed, when there is none, or when something else stands in the way as well.
 */
export async function replaceQuarantinedCopy(db: Database, mail: NewMail): Promise<boolean> {
  const taken = db
    .selectFrom('mails')
    .select(['id', 'state', 'reason_code'])
    .where('agent_id', '=', mail.agent_id)
    .where(wasTaken);
  const named = taken
    .where('message_id', '=', mail.message_id)
    .where('sender_base', '=', mail.sender_base ?? null);
  const signed = mail.signature == null ? null : taken.where('signature', '=', mail.signature);
  // Two parts with an index each; with an `or` between them SQLite uses neither.
  const copies = await (signed === null ? named : named.union(signed)).execute();
  const isDoubtful = ({ state, reason_code: code }: (typeof copies)[number]) =>
    (code === 'not_addressed' || code === 'perhaps_automatic') &&
    (state === 'quarantined' || state === 'discarded');
  if (copies.length === 0 || !copies.every(isDoubtful)) return false;
  const reason = 'The mail itself came after this copy, and was taken.';
  const ids = copies.map(({ id }) => id);
  await db
    .updateTable('mails')
    .set({ verdict: 'duplicate', state: 'duplicate', reason_code: 'duplicate', reason, state_reason: reason })
    .where('id', 'in', ids)
    .execute();
  return true;
}

/** Accepted mails of the last day up to this one, which must be written already, and jobs that wait. */
export async function countAccepted(db: Database, mail: NewMail): Promise<MailCounts> {
  const now = mail.received_at;
  const row = await db
    .selectFrom('mails')
    .select((select) => {
      const since = (milliseconds: number) => select('received_at', '>', now - milliseconds);
      const count = (...conditions: ReturnType<typeof since>[]) =>
        select.fn.coalesce(
          select.fn.sum<number>(select.case().when(select.and(conditions)).then(1).else(0).end()),
          sql.lit(0),
        );
      const bySender = select('sender_base', '=', mail.sender_base ?? null);
      const inThread = select('thread', '=', mail.thread ?? '');
      const subject = mail.subject ?? '';
      const alike = subject === '' ? inThread : select.or([inThread, select('subject', '=', subject)]);
      return [
        count(bySender, since(HOUR_MS)).as('senderHour'),
        count(bySender).as('senderDay'),
        count(since(HOUR_MS)).as('agentHour'),
        select.fn.countAll<number>().as('agentDay'),
        count(bySender, inThread, since(THREAD_WINDOW_MS)).as('thread'),
        count(bySender, alike).as('threadDay'),
      ];
    })
    .where('agent_id', '=', mail.agent_id)
    .where('verdict', '=', sql.lit('accepted'))
    .where('received_at', '>', now - 24 * HOUR_MS)
    .executeTakeFirstOrThrow();
  const waiting = await countRows(db.selectFrom('jobs').where('state', '=', sql.lit('ready')));
  return { ...row, waiting };
}

/** Mails of an agent in quarantine: those in one state, or all. */
export async function countQuarantine(
  db: Database,
  agentId: string,
  state?: 'quarantined' | 'over_limit',
): Promise<number> {
  const all = db.selectFrom('mails').where('agent_id', '=', agentId).where(inQuarantine);
  return await countRows(state === undefined ? all : all.where('state', '=', state));
}

/** Ends mails in quarantine without a turn: one of them, or all of an agent. Gives how many there were. */
export async function discardMails(
  db: Database,
  which: { mailId: string } | { agentId: string },
): Promise<number> {
  const all = db
    .updateTable('mails')
    .set({ state: 'discarded', state_reason: 'The owner discarded it.' })
    .where(inQuarantine);
  return await rowsChanged(
    'mailId' in which ? all.where('id', '=', which.mailId) : all.where('agent_id', '=', which.agentId),
  );
}

/** Lets a mail go from quarantine to its turn; false when it is not there. */
export async function releaseFromQuarantine(db: Database, mailId: string): Promise<boolean> {
  const queued = { state: 'queued', state_reason: 'The owner let it in.' } as const;
  return await changed(db.updateTable('mails').set(queued).where('id', '=', mailId).where(inQuarantine));
}

/** Lets a mail wait for a turn again; false where its stored message was removed, without which there is none. */
export async function queueAgain(db: Database, mailId: string): Promise<boolean> {
  const queued = { state: 'queued', state_reason: 'It is run again, as was asked for.' } as const;
  const stored = db.updateTable('mails').set(queued).where('id', '=', mailId);
  return await changed(stored.where('raw_removed_at', 'is', null));
}

/** Gives a mail another verdict than admission's, or only a better reason. */
export async function rewriteMail(
  db: Database,
  id: string,
  change: Pick<Mail, 'reason_code' | 'reason'> & Partial<Pick<Mail, 'verdict' | 'state'>>,
): Promise<void> {
  await db
    .updateTable('mails')
    .set({ ...change, state_reason: change.reason })
    .where('id', '=', id)
    .execute();
}

/**
 * Which of some keys of the raw mail store a row of any table needs; at most some hundred keys at once. A row whose bytes
 * retention has removed needs none.
 */
export async function namedRawKeys(db: Database, keys: readonly string[]): Promise<Set<string>> {
  const named = new Set<string>();
  for (const table of ['mails', 'deliveries'] as const) {
    const rows = db.selectFrom(table).select('raw_key').where('raw_key', 'in', keys);
    for (const { raw_key } of await rows.where('raw_removed_at', 'is', null).execute()) named.add(raw_key);
  }
  const events = db.selectFrom('webhook_events').select('raw_key').where('raw_key', 'in', keys);
  for (const { raw_key } of await events.execute()) if (raw_key !== null) named.add(raw_key);
  const replaced = db.selectFrom('approval_records').select('raw_key').where('raw_key', 'in', keys);
  for (const { raw_key } of await replaced.where('raw_removed_at', 'is', null).execute()) {
    if (raw_key !== null) named.add(raw_key);
  }
  const marks = await db
    .selectFrom('installation_marks')
    .select('value')
    .where('value', 'in', keys)
    .execute();
  for (const { value } of marks) named.add(value);
  return named;
}

/**
 * The next keys of the raw mail store that rows of any table name and no retention has emptied, in order, each once; from
 * the first on behind ''.
 */
export async function rawKeysAfter(db: Database, after: string, limit: number): Promise<string[]> {
  // Of each table no more than the page needs: all of the keys would be sorted otherwise.
  const pages = (['mails', 'deliveries', 'webhook_events', 'approval_records'] as const).map((table) => {
    const stored = table === 'webhook_events' ? sql`` : sql`and raw_removed_at is null`;
    return sql`select * from (select distinct raw_key from ${sql.table(table)} where raw_key > ${after} ${stored}
      order by raw_key limit ${sql.lit(limit)}) as ${sql.ref(`of_${table}`)}`;
  });
  const { rows } = await sql<{ raw_key: string }>`
    ${sql.join(pages, sql` union `)} order by raw_key limit ${sql.lit(limit)}`.execute(db);
  return rows.map((row) => row.raw_key);
}

/** Mails that are looked at for the first one that was let in. */
const MOST_LOOKED_AT = 200;

/** An agent's first mail that was let in or waits in quarantine, among its earliest; and its newest of any verdict. */
export async function firstMails(
  db: Database,
  agentId: string,
): Promise<{ letIn: Mail | undefined; newest: Mail | undefined }> {
  const ofAgent = db.selectFrom('mails').where('agent_id', '=', agentId);
  const earliest = ofAgent.select('id').orderBy('received_at').orderBy('id').limit(sql.lit(MOST_LOOKED_AT));
  const letIn = await db
    .selectFrom('mails')
    .selectAll()
    .where('id', 'in', earliest)
    .where(wasTaken)
    .orderBy('received_at')
    .orderBy('id')
    .limit(sql.lit(1))
    .executeTakeFirst();
  const newest = await ofAgent
    .selectAll()
    .orderBy('received_at', 'desc')
    .orderBy('id', 'desc')
    .limit(sql.lit(1))
    .executeTakeFirst();
  return { letIn, newest };
}
