/**
 * Notices of limits. Invariant: one row for each agent, role and recipient, and it is renewed at most once in an hour,
 * whichever process comes first; what is not sent within that hour is not sent any more. A row is `sending` only while
 * somebody sends it, until `next_attempt_at`: after that its sender is dead.
 */
import type { LimitCode } from '@tinyfat/core';
import { sql } from 'kysely';
import type { LimitNotice, LimitNoticeState } from './schema.ts';
import type { Database } from './sqlite.ts';

/** How long nobody is told again, ms, and how long a notice is worth sending. */
export const NOTICE_PERIOD_MS = 3_600_000;

/** Mails of one sender that wait because of one limit. */
export interface WaitingMails {
  sender: string;
  code: LimitCode;
  mails: number;
}

/** Asks for a notice; false, and nothing changed, where the recipient was told, or is about to be, within the last hour. */
export async function askForNotice(
  db: Database,
  notice: Pick<LimitNotice, 'agent_id' | 'role' | 'recipient' | 'id' | 'mail_id' | 'limit_code'> & {
    at: number;
    /** Not before this time. */
    dueAt: number;
  },
): Promise<boolean> {
  const { agent_id, role, recipient, at, dueAt, ...named } = notice;
  const fresh = {
    ...named,
    waiting: null,
    state: 'pending' as const,
    attempts: 0,
    next_attempt_at: dueAt,
    created_at: at,
  };
  const row = await db
    .insertInto('limit_notices')
    .values({ agent_id, role, recipient, ...fresh })
    .onConflict((conflict) =>
      conflict
        .columns(['agent_id', 'role', 'recipient'])
        .doUpdateSet(fresh)
        // A time to come is that of a clock that was wrong.
        .where((where) =>
          where.or([
            where('limit_notices.created_at', '<=', at - NOTICE_PERIOD_MS),
            where('limit_notices.created_at', '>', at),
          ]),
        ),
    )
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

/** Takes up one notice that is due and still worth sending; its attempt is counted, and ends at `until` (epoch ms). */
export async function claimNotice(
  db: Database,
  { now, until }: { now: number; until: number },
): Promise<LimitNotice | undefined> {
  return await db
    .updateTable('limit_notices')
    .set((set) => ({
      state: 'sending' as const,
      attempts: set('attempts', '+', 1),
      next_attempt_at: until,
    }))
    .where('id', '=', (select) =>
      select
        .selectFrom('limit_notices')
        .select('id')
        .where('state', '=', 'pending')
        .where('next_attempt_at', '<=', now)
        .where('created_at', '>', now - NOTICE_PERIOD_MS)
        .orderBy('next_attempt_at')
        .limit(1),
    )
    .where('state', '=', 'pending')
    .returningAll()
    .executeTakeFirst();
}

/** When the next notice is due, or the sender of one is dead, epoch ms; null when nothing waits. */
export async function nextNoticeDue(db: Database, now: number): Promise<number | null> {
  const row = await db
    .selectFrom('limit_notices')
    .select((select) => select.fn.min<number | null>('next_attempt_at').as('at'))
    .where('state', 'in', ['pending', 'sending'])
    .where('created_at', '>', now - NOTICE_PERIOD_MS)
    .executeTakeFirst();
  return row?.at ?? null;
}

/**
 * Notices whose sender died in the middle of a try: they are sent again where the provider folds repeats, else they
 * count as failed. Gives how many there were; writes nothing where there are none.
 */
export async function releaseDeadNotices(
  db: Database,
  { now, idempotent }: { now: number; idempotent: boolean },
): Promise<number> {
  const dead = await db
    .selectFrom('limit_notices')
    .select('id')
    .where('state', '=', 'sending')
    .where('next_attempt_at', '<=', now)
    .execute();
  if (dead.length === 0) return 0;
  const rows = await db
    .updateTable('limit_notices')
    .set({ state: idempotent ? 'pending' : 'failed' })
    .where(
      'id',
      'in',
      dead.map(({ id }) => id),
    )
    .where('state', '=', 'sending')
    .where('next_attempt_at', '<=', now)
    .returning('id')
    .execute();
  return rows.length;
}

/** Fixes what a notice to the owner says, so that every try says the same; gives what was fixed before, if anything was. */
export async function fixWaiting(db: Database, id: string, waiting: string): Promise<string> {
  const row = await db
    .updateTable('limit_notices')
    .set((set) => ({ waiting: set.fn.coalesce('waiting', set.val(waiting)) }))
    .where('id', '=', id)
    .returning('waiting')
    .executeTakeFirst();
  return row?.waiting ?? waiting;
}

/** Ends one try; false where the notice is another's by now, or another one. */
export async function settleNotice(
  db: Database,
  { id, attempts }: Pick<LimitNotice, 'id' | 'attempts'>,
  end: { state: Exclude<LimitNoticeState, 'sending'>; next_attempt_at: number },
): Promise<boolean> {
  const row = await db
    .updateTable('limit_notices')
    .set(end)
    .where('id', '=', id)
    .where('attempts', '=', attempts)
    .where('state', '=', 'sending')
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

/** Who has mails that wait because of a limit of an agent, those with the most first. */
export async function waitingOverLimit(db: Database, agentId: string): Promise<WaitingMails[]> {
  const rows = await db
    .selectFrom('mails')
    .select((select) => ['sender_base', 'reason_code', select.fn.countAll<number>().as('mails')])
    .where('agent_id', '=', agentId)
    // As the index says it, so that it is used.
    .where(sql<boolean>`state in ('quarantined', 'over_limit')`)
    .where('state', '=', 'over_limit')
    .groupBy(['sender_base', 'reason_code'])
    .orderBy('mails', 'desc')
    .orderBy('sender_base')
    .execute();
  return rows.map(({ sender_base, reason_code, mails }) => ({
    sender: sender_base ?? '',
    code: limitCode(reason_code),
    mails,
  }));
}

function limitCode(code: string): LimitCode {
  return code === 'agent_limit' || code === 'system_limit' ? code : 'sender_limit';
}
