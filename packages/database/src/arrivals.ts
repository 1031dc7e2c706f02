/** What is known of earlier mails at the moment in which a new one is taken: copies of it, and how many there were. */
import { type MailCounts, THREAD_WINDOW_MS } from '@tinyfat/core';
import { sql } from 'kysely';
import type { Mail, NewMail } from './schema.ts';
import type { Database } from './sqlite.ts';

const HOUR_MS = 3_600_000;
/** As the index says it, so that it is used. */
const inQuarantine = sql<boolean>`state in ('quarantined', 'over_limit')`;

/** Writes a mail row; false when the same Message-ID of that sender, or the signature, was taken for this agent. */
export async function insertMail(db: Database, mail: NewMail): Promise<boolean> {
  const made = await db
    .insertInto('mails')
    .values(mail)
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst();
  return made !== undefined;
}

/** Whether the mail that was taken before has the same Message-ID (else it shares the signature only). */
export async function hasSameMessageId(db: Database, mail: NewMail): Promise<boolean> {
  const earlier = await db
    .selectFrom('mails')
    .select('id')
    .where('agent_id', '=', mail.agent_id)
    .where('message_id', '=', mail.message_id)
    .where('sender_base', '=', mail.sender_base ?? null)
    .where('verdict', 'in', ['accepted', 'quarantined', 'over_limit'])
    .limit(1)
    .executeTakeFirst();
  return earlier !== undefined;
}

/**
 * Makes way for a mail that is beyond doubt where only doubtful copies of it were taken: they become its duplicates.
 * False, and nothing is changed, when there is none, or when something else stands in the way as well.
 */
export async function replaceQuarantinedCopy(db: Database, mail: NewMail): Promise<boolean> {
  const before = await db
    .selectFrom('mails')
    .select((select) => [
      'id',
      select
        .case()
        .when(
          select.and([
            select('reason_code', 'in', ['not_addressed', 'perhaps_automatic']),
            select('state', 'in', ['quarantined', 'discarded']),
          ]),
        )
        .then(1)
        .else(0)
        .end()
        .as('yields'),
    ])
    .where('agent_id', '=', mail.agent_id)
    .where('verdict', 'in', ['accepted', 'quarantined', 'over_limit'])
    .where((where) => {
      const same = where.and([
        where('message_id', '=', mail.message_id),
        where('sender_base', '=', mail.sender_base ?? null),
      ]);
      return mail.signature == null ? same : where.or([same, where('signature', '=', mail.signature)]);
    })
    .execute();
  if (before.length === 0 || before.some((row) => row.yields === 0)) return false;
  const reason = 'The mail itself came after this copy, and was taken.';
  await db
    .updateTable('mails')
    .set({ verdict: 'duplicate', state: 'duplicate', reason_code: 'duplicate', reason, state_reason: reason })
    .where(
      'id',
      'in',
      before.map((row) => row.id),
    )
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
  return { ...row, waiting: await countWaiting(db) };
}

/** Mails of an agent that wait in quarantine for its owner: those in one state, or all. */
export async function countQuarantine(
  db: Database,
  agentId: string,
  state?: 'quarantined' | 'over_limit',
): Promise<number> {
  let query = db
    .selectFrom('mails')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('agent_id', '=', agentId)
    .where(inQuarantine);
  if (state !== undefined) query = query.where('state', '=', state);
  return (await query.executeTakeFirstOrThrow()).count;
}

/** Ends mails in quarantine without a turn: one of them, or all of an agent. Gives how many there were. */
export async function discardMails(
  db: Database,
  which: { mailId: string } | { agentId: string },
): Promise<number> {
  const query = db
    .updateTable('mails')
    .set({ state: 'discarded', state_reason: 'The owner discarded it.' })
    .where(inQuarantine);
  const rows =
    'mailId' in which ? query.where('id', '=', which.mailId) : query.where('agent_id', '=', which.agentId);
  return (await rows.returning('id').execute()).length;
}

/** Lets a mail go from quarantine to its turn; false when it is not there. */
export async function releaseFromQuarantine(db: Database, mailId: string): Promise<boolean> {
  const row = await db
    .updateTable('mails')
    .set({ state: 'queued', state_reason: 'The owner let it in.' })
    .where('id', '=', mailId)
    .where(inQuarantine)
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

/** Writes what a mail turned out to be: another verdict than admission's, or only a better reason. */
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

async function countWaiting(db: Database): Promise<number> {
  const row = await db
    .selectFrom('jobs')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('state', '=', sql.lit('ready'))
    .executeTakeFirstOrThrow();
  return row.count;
}
