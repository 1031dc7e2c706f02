/** How far the lists of providers were read. */
import type { Database } from './schema/index.ts';

/** Where a list was read up to, and since when it concerns us; begins at `now` (epoch ms) where it was never read. */
export async function openCursor(
  db: Database,
  name: string,
  now: number,
): Promise<{ startedAt: number; mark: number }> {
  return await db
    .insertInto('provider_cursors')
    .values({ name, started_at: now, mark: now })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ name }))
    .returning(['started_at as startedAt', 'mark'])
    .executeTakeFirstOrThrow();
}

/** Moves the mark; never backwards. */
export async function moveCursor(db: Database, name: string, mark: number): Promise<void> {
  await db
    .updateTable('provider_cursors')
    .set({ mark })
    .where('name', '=', name)
    .where('mark', '<', mark)
    .execute();
}
