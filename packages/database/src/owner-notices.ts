/**
 * Mails of the host to owners. Invariant: there is one row for each owner, kind and matter, so that a mail about it goes out
 * at most once, however many processes look; one that is not sent within a day expires.
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
import type { Database, OwnerNotice, OwnerNoticeKind, OwnerNoticeState } from './schema/index.ts';
import { whileSending } from './sending-stop.ts';
import { changed, rowsChanged } from './statements.ts';

const NOTICES: LeasedTable = { name: 'owner_notices', key: 'id' };
/** An older notice is no news, ms. */
const WORTH_MS = 24 * 3_600_000;

/** Asks for a notice; false, and nothing changed, where there was one about the same matter. `now`: epoch ms. */
export async function askForOwnerNotice(
  db: Database,
  notice: Pick<OwnerNotice, 'id' | 'owner' | 'kind' | 'about' | 'content'>,
  now: number,
): Promise<boolean> {
  return await changed(
    db
      .insertInto('owner_notices')
      .values({
        ...notice,
        state: 'pending',
        reason: null,
        attempts: 0,
        next_attempt_at: now,
        scheduled_at: now,
        fence: 0,
        leased_by: null,
        lease_until: null,
        created_at: now,
      })
      .onConflict((conflict) => conflict.columns(['owner', 'kind', 'about']).doNothing()),
  );
}

/** Whether there is a notice about this matter. */
export async function hasOwnerNotice(
  db: Database,
  { owner, kind, about }: Pick<OwnerNotice, 'owner' | 'kind' | 'about'>,
): Promise<boolean> {
  const row = await noticesOf(db, owner, kind).select('id').where('about', '=', about).executeTakeFirst();
  return row !== undefined;
}

/** The newest notice of a kind to an owner. */
export async function newestOwnerNotice(
  db: Database,
  owner: string,
  kind: OwnerNoticeKind,
): Promise<OwnerNotice | undefined> {
  return await noticesOf(db, owner, kind)
    .selectAll()
    .orderBy('created_at', 'desc')
    .limit(1)
    .executeTakeFirst();
}

/**
 * Notices as leased rows, as long as they are news. One whose sender died is sent again where the provider folds repeats,
 * else it counts as failed.
 */
export function ownerNoticeRows(deps: LeaseDeps, idempotent: boolean): LeasedRows<OwnerNotice> {
  return leasedRows<OwnerNotice>(deps, NOTICES, {
    heldOf,
    only: (now) => sql`${whileSending} and created_at > ${now - WORTH_MS}`,
    orderBy: ['next_attempt_at'],
    giveBack: mailGivenBack(deps.db, NOTICES, idempotent),
  });
}

/** Ends one try; false where the lease was lost. `now`: epoch ms. */
export async function settleOwnerNotice(
  db: Database,
  notice: Pick<OwnerNotice, 'id' | 'fence'>,
  end: { state: Exclude<OwnerNoticeState, 'sending'>; next_attempt_at: number; reason: string | null },
  now: number,
): Promise<boolean> {
  return await settleHeld(db, NOTICES, heldOf(notice), end, now);
}

/** Deletes notices that were asked for before a time (epoch ms): a matter is mailed about anew by then. Gives how many. */
export async function deleteOldOwnerNotices(db: Database, before: number): Promise<number> {
  return await rowsChanged(db.deleteFrom('owner_notices').where('created_at', '<', before));
}

function noticesOf(db: Database, owner: string, kind: OwnerNoticeKind) {
  return db.selectFrom('owner_notices').where('owner', '=', owner).where('kind', '=', kind);
}

function heldOf({ id, fence }: Pick<OwnerNotice, 'id' | 'fence'>) {
  return { key: id, fence };
}
