/** What is known of earlier mails at the moment in which a new one is taken: copies of it, and how many there were. */
import { type MailCounts, THREAD_WINDOW_MS } from '@tinyfat/core';
import { sql } from 'kysely';
import type { Mail, NewMail } from './schema.ts';
import type { Database } from './sqlite.ts';

const HOUR_MS = 3_600_000;

/** Writes a mail row; false when a mail with the same Message-ID or signature was taken for this agent before. */
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
    .where('verdict', 'in', ['accepted', 'held', 'over_limit'])
    .limit(1)
    .executeTakeFirst();
  return earlier !== undefined;
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
      const bySender = select('sender', '=', mail.sender ?? null);
      const inThread = select('thread', '=', mail.thread ?? '');
      return [
        count(bySender, since(HOUR_MS)).as('senderHour'),
        count(bySender).as('senderDay'),
        count(since(HOUR_MS)).as('agentHour'),
        select.fn.countAll<number>().as('agentDay'),
        count(inThread, since(THREAD_WINDOW_MS)).as('thread'),
      ];
    })
    .where('agent_id', '=', mail.agent_id)
    .where('verdict', '=', sql.lit('accepted'))
    .where('received_at', '>', now - 24 * HOUR_MS)
    .executeTakeFirstOrThrow();
  return { ...row, waiting: await countWaiting(db) };
}

/** Mails of an agent that are over a limit and were not released. */
export async function countOverLimit(db: Database, agentId: string): Promise<number> {
  const row = await db
    .selectFrom('mails')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('agent_id', '=', agentId)
    .where('state', '=', sql.lit('over_limit'))
    .executeTakeFirstOrThrow();
  return row.count;
}

/** Gives a mail that was written as accepted another verdict. */
export async function changeVerdict(
  db: Database,
  id: string,
  change: Pick<Mail, 'verdict' | 'reason_code' | 'reason' | 'state'>,
): Promise<void> {
  await db
    .updateTable('mails')
    .set({ ...change, state_reason: change.reason })
    .where('id', '=', id)
    .execute();
}

/** Says of a mail that wakes nobody what it turned out to be. */
export async function explainMail(
  db: Database,
  id: string,
  { code, reason }: { code: string; reason: string },
): Promise<void> {
  await db
    .updateTable('mails')
    .set({ reason_code: code, reason, state_reason: reason })
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
