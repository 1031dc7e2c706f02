/**
 * Notices of limits. Invariant: there is one row for each agent, role and recipient, renewed at most once in an hour by
 * all processes together; a notice that is not sent within that hour expires.
 */
import type { LimitCode } from '@tinyfat/core';
import { sql } from 'kysely';
import {
  type LeaseDeps,
  type LeasedRows,
  type LeasedTable,
  leasedRows,
  mailGivenBack,
  settleHeld,
} from './leased-rows.ts';
import { inQuarantine } from './mails.ts';
import type { Database, LimitNotice, LimitNoticeState } from './schema/index.ts';
import { whileSending } from './sending-stop.ts';
import { changed } from './statements.ts';

const NOTICES: LeasedTable = { name: 'limit_notices', key: 'id' };

/** A recipient gets one notice in this time, ms; an older one is not worth sending. */
export const NOTICE_PERIOD_MS = 3_600_000;

/** Mails of one sender that wait because of one limit. */
export interface WaitingMails {
  sender: string;
  code: LimitCode;
  mails: number;
}

/** Asks for a notice; false, and nothing changed, where the recipient has one of the last hour, sent or to be sent. */
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
    scheduled_at: at,
    fence: 0,
    leased_by: null,
    lease_until: null,
    created_at: at,
  };
  const insert = db.insertInto('limit_notices').values({ agent_id, role, recipient, ...fresh });
  return await changed(
    insert.onConflict((conflict) =>
      conflict
        .columns(['agent_id', 'role', 'recipient'])
        .doUpdateSet(fresh)
        // A time in the future was written by a clock that was wrong.
        .where((where) =>
          where.or([
            where('limit_notices.created_at', '<=', at - NOTICE_PERIOD_MS),
            where('limit_notices.created_at', '>', at),
          ]),
        ),
    ),
  );
}

/**
 * Notices as leased rows, as long as they are worth sending. One whose sender died is sent again where the provider folds
 * repeats, else it counts as failed.
 */
export function limitNoticeRows(deps: LeaseDeps, idempotent: boolean): LeasedRows<LimitNotice> {
  return leasedRows<LimitNotice>(deps, NOTICES, {
    heldOf,
    // None is due before it is made: the second bound is for the index.
    only: (now) =>
      sql`${whileSending} and created_at > ${now - NOTICE_PERIOD_MS} and next_attempt_at > ${now - NOTICE_PERIOD_MS}`,
    orderBy: ['next_attempt_at'],
    giveBack: mailGivenBack(deps.db, NOTICES, idempotent),
  });
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

/** Ends one try; false where the notice is another's by now, or another one. `now`: epoch ms. */
export async function settleNotice(
  db: Database,
  notice: Pick<LimitNotice, 'id' | 'fence'>,
  end: { state: Exclude<LimitNoticeState, 'sending'>; next_attempt_at: number },
  now: number,
): Promise<boolean> {
  return await settleHeld(db, NOTICES, heldOf(notice), end, now);
}

function heldOf({ id, fence }: Pick<LimitNotice, 'id' | 'fence'>) {
  return { key: id, fence };
}

/** Who has mails that wait because of a limit of an agent, those with the most first. */
export async function waitingOverLimit(db: Database, agentId: string): Promise<WaitingMails[]> {
  const rows = await db
    .selectFrom('mails')
    .select((select) => ['sender_base', 'reason_code', select.fn.countAll<number>().as('mails')])
    .where('agent_id', '=', agentId)
    .where(inQuarantine)
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
