/** People whom an agent's mail does not reach, or who complained. Addresses are canonical, tags included. */
import type { Database, SuppressedRecipient } from './schema/index.ts';
import { changed } from './statements.ts';

/**
 * Suppresses recipients. The first reason stays; only a complaint weighs more than a bounce and replaces it. In order of
 * addresses, so that two at once do not wait for each other.
 */
export async function suppress(db: Database, rows: readonly SuppressedRecipient[]): Promise<void> {
  for (const row of rows.toSorted((a, b) => (a.address < b.address ? -1 : 1))) {
    const { code, reason, delivery_id, created_at } = row;
    await db
      .insertInto('suppressed_recipients')
      .values(row)
      .onConflict((conflict) =>
        code === 'complained'
          ? conflict
              .columns(['agent_id', 'address'])
              .doUpdateSet({ code, reason, delivery_id, created_at })
              .where('suppressed_recipients.code', '=', 'bounced')
          : conflict.doNothing(),
      )
      .execute();
  }
}

/** Which of the addresses are suppressed for an agent; at most as many as fit into a statement, some hundreds. */
export async function suppressedAmong(
  db: Database,
  agentId: string,
  addresses: readonly string[],
): Promise<SuppressedRecipient[]> {
  if (addresses.length === 0) return [];
  return await db
    .selectFrom('suppressed_recipients')
    .selectAll()
    .where('agent_id', '=', agentId)
    .where('address', 'in', addresses)
    .orderBy('address')
    .execute();
}

/** The newest first, of one agent or of all. */
export async function listSuppressed(db: Database, agentId: string | null): Promise<SuppressedRecipient[]> {
  const all = db.selectFrom('suppressed_recipients').selectAll();
  const some = agentId === null ? all : all.where('agent_id', '=', agentId);
  return await some.orderBy('created_at', 'desc').orderBy('address').execute();
}

/** Lets an agent write to somebody again; false when they were not suppressed. */
export async function unsuppress(db: Database, agentId: string, address: string): Promise<boolean> {
  return await changed(
    db.deleteFrom('suppressed_recipients').where('agent_id', '=', agentId).where('address', '=', address),
  );
}

/** The same for somebody whose authenticated mail shows that their address lives. A complaint stays. */
export async function liftBounced(db: Database, agentId: string, address: string): Promise<boolean> {
  const bounced = db.deleteFrom('suppressed_recipients').where('code', '=', 'bounced');
  return await changed(bounced.where('agent_id', '=', agentId).where('address', '=', address));
}
