/**
 * Money reserved for a run before it is spent (invariant 10). It is decided under the lock of the owner, so
 * two runs at once never get the same dollar. Amounts are micro-dollars.
 */
import { type Grant, grantFrom, type Month, type Wanted } from '@tinyfat/core';
import { capsOf } from './budgets.ts';
import { transact } from './locks.ts';
import { addUsage } from './runs.ts';
import type { Agent, Database, Run } from './schema/index.ts';
import { changed } from './statements.ts';

/** Who reserves. The attempt counts too: an older one can neither reserve nor give back. */
export interface Reserving {
  run: Pick<Run, 'id' | 'attempt'>;
  agent: Pick<Agent, 'id' | 'owner'>;
  /** The month in which the run started; its cost belongs there. */
  month: Month;
  /** Cap of owners who have no budget of their own; null where there is none. */
  ownerDefault: number | null;
}

/** Reserves more for a run. One agent's runs follow one another, so its own cap needs no other lock than the owner's. */
export async function reserve(db: Database, who: Reserving, wanted: Wanted): Promise<Grant> {
  return await transact(db, [`owner:${who.agent.owner}`], async (tx) => {
    const caps = await capsOf(tx, who.agent, who.month, who.ownerDefault);
    const grant = grantFrom(caps, wanted);
    if (!grant.ok || grant.microUsd === 0) return grant;
    const reserved = tx
      .updateTable('runs')
      .set((row) => ({ reserved_micro_usd: row('reserved_micro_usd', '+', grant.microUsd) }))
      .where('id', '=', who.run.id)
      .where('attempt', '=', who.run.attempt)
      .where('status', '=', 'running');
    if (!(await changed(reserved)))
      throw new Error(`run ${who.run.id} is no longer at attempt ${who.run.attempt}`);
    return grant;
  });
}

/** What an attempt used since it was last noted, and what it still has reserved. */
interface Spending {
  used: Parameters<typeof addUsage>[2];
  reserved: number;
}

/**
 * Writes both at once, so that every dollar counts as spent or as reserved at any time. Reads nothing: a reservation
 * under way finds the sum before or after it, and neither is too small.
 */
export async function noteSpending(
  db: Database,
  run: Pick<Run, 'id' | 'attempt'>,
  { used, reserved }: Spending,
): Promise<void> {
  await transact(db, [], async (tx) => {
    await addUsage(tx, run.id, used);
    await tx
      .updateTable('runs')
      .set({ reserved_micro_usd: reserved })
      .where('id', '=', run.id)
      .where('attempt', '=', run.attempt)
      .where('status', '=', 'running')
      .execute();
  });
}
