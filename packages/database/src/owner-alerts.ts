/** What owners are mailed about. */
import type { Database, OwnerAlerts } from './schema/index.ts';

/** `held`: answers that await approval; `failed`: mails without an answer; `budget`: 80 % and all of it; `digest`: each day. */
export const ALERT_KINDS = ['held', 'failed', 'budget', 'digest'] as const;
export type AlertKind = (typeof ALERT_KINDS)[number];

/** Which of them an owner gets, and since when that holds, epoch ms (0: from the start). */
export type Alerts = Readonly<Record<AlertKind, boolean>> & { since: number };

/** For owners who have chosen nothing. */
export const DEFAULT_ALERTS: Alerts = { held: true, failed: true, budget: true, digest: false, since: 0 };

/** What an owner has chosen. */
export async function alertsOf(db: Database, owner: string): Promise<Alerts> {
  const row = await db.selectFrom('owner_alerts').selectAll().where('owner', '=', owner).executeTakeFirst();
  return row ? alertsIn(row) : DEFAULT_ALERTS;
}

/** What these owners have chosen, by their addresses; at most as many as fit into a statement. */
export async function alertsOfAll(
  db: Database,
  owners: readonly string[],
): Promise<ReadonlyMap<string, Alerts>> {
  if (owners.length === 0) return new Map();
  const rows = await db.selectFrom('owner_alerts').selectAll().where('owner', 'in', owners).execute();
  const chosen = new Map(rows.map((row) => [row.owner, alertsIn(row)]));
  return new Map(owners.map((owner) => [owner, chosen.get(owner) ?? DEFAULT_ALERTS]));
}

/** Whether an owner is to be mailed about this. */
export async function wantsAlert(db: Database, owner: string, kind: AlertKind): Promise<boolean> {
  return (await alertsOf(db, owner))[kind];
}

/** Writes what an owner has chosen at `now`, epoch ms. */
export async function setAlerts(
  db: Database,
  owner: string,
  alerts: Readonly<Record<AlertKind, boolean>>,
  now: number,
): Promise<void> {
  const bit = (kind: AlertKind) => (alerts[kind] ? 1 : 0);
  const values = {
    held: bit('held'),
    failed: bit('failed'),
    budget: bit('budget'),
    digest: bit('digest'),
    updated_at: now,
  };
  await db
    .insertInto('owner_alerts')
    .values({ owner, ...values })
    .onConflict((conflict) => conflict.column('owner').doUpdateSet(values))
    .execute();
}

function alertsIn({ held, failed, budget, digest, updated_at }: OwnerAlerts): Alerts {
  return {
    held: held === 1,
    failed: failed === 1,
    budget: budget === 1,
    digest: digest === 1,
    since: updated_at,
  };
}
