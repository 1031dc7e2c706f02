/** Rows that are in no table. */
import type { LeasedRows } from '@tinyfat/database';

/** These items, in order, each claimed once; with these changes. */
export function rowsOf(items: string[], change: Partial<LeasedRows<string>> = {}): LeasedRows<string> {
  return {
    claim: async () => items.shift(),
    heldOf: (key) => ({ key, fence: 1 }),
    renew: async () => true,
    reclaim: async () => 0,
    nextDue: async () => null,
    dueAfterSetBack: async () => 0,
    ...change,
  };
}
