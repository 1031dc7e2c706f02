/**
 * The mails that tell an owner of a mail that awaits approval. Invariant: there is one row for each delivery, so nobody is
 * told twice of the same one.
 */
import { sql } from 'kysely';
import {
  type LeaseDeps,
  type LeasedRows,
  type LeasedTable,
  leasedRows,
  mailGivenBack,
  settleHeld,
} from './leased-rows.ts';
import { wantsAlert } from './owner-alerts.ts';
import type { ApprovalNotice, ApprovalNoticeState, Database, NewDelivery } from './schema/index.ts';
import { whileSending } from './sending-stop.ts';
import { countRows } from './statements.ts';

const NOTICES: LeasedTable = { name: 'approval_notices', key: 'delivery_id' };

/** Has the owner told of a delivery, in the transaction that records it, unless they chose not to be. */
export async function askForApprovalNotice(
  tx: Database,
  { id, agent_id, created_at }: Pick<NewDelivery, 'id' | 'agent_id' | 'created_at'>,
): Promise<void> {
  const agent = await tx.selectFrom('agents').select('owner').where('id', '=', agent_id).executeTakeFirst();
  if (agent === undefined || !(await wantsAlert(tx, agent.owner, 'held'))) return;
  await tx
    .insertInto('approval_notices')
    .values({
      delivery_id: id,
      agent_id,
      state: 'pending',
      attempts: 0,
      next_attempt_at: created_at,
      scheduled_at: created_at,
      fence: 0,
      leased_by: null,
      lease_until: null,
      created_at,
    })
    .execute();
}

/**
 * Notices as leased rows. One whose sender died is sent again where the provider folds repeats, else it counts as failed.
 */
export function approvalNoticeRows(deps: LeaseDeps, idempotent: boolean): LeasedRows<ApprovalNotice> {
  return leasedRows<ApprovalNotice>(deps, NOTICES, {
    heldOf,
    only: () => whileSending,
    orderBy: ['next_attempt_at', 'created_at'],
    giveBack: mailGivenBack(deps.db, NOTICES, idempotent),
  });
}

/** Ends one try; false where the lease was lost. `now`: epoch ms. */
export async function settleApprovalNotice(
  db: Database,
  notice: Pick<ApprovalNotice, 'delivery_id' | 'fence'>,
  end: { state: Exclude<ApprovalNoticeState, 'sending'>; next_attempt_at: number },
  now: number,
): Promise<boolean> {
  return await settleHeld(db, NOTICES, heldOf(notice), end, now);
}

/** How many notices an agent had before this one, since a time (epoch ms), that were not left out. */
export async function earlierApprovalNotices(
  db: Database,
  { agent_id, created_at, delivery_id }: Pick<ApprovalNotice, 'agent_id' | 'created_at' | 'delivery_id'>,
  since: number,
): Promise<number> {
  return await countRows(
    db
      .selectFrom('approval_notices')
      .where('agent_id', '=', agent_id)
      .where('created_at', '>', since)
      .where('state', '!=', 'dropped')
      .where(sql<boolean>`(created_at, delivery_id) < (${created_at}, ${delivery_id})`),
  );
}

function heldOf({ delivery_id, fence }: Pick<ApprovalNotice, 'delivery_id' | 'fence'>) {
  return { key: delivery_id, fence };
}
