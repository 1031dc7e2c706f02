/** Money for the tests of the gateway: a cap in memory, a model of two prices, and all that was written down. */
import {
  type Cap,
  type Grant,
  grantFrom,
  type PricedModel,
  type RunSpending,
  type RunUsage,
  type TokenUsage,
} from '@tinyfat/core';

/** `haiku` is read up to 200,000 tokens, `opus` costs five times as much. */
export const MODELS: readonly PricedModel[] = [
  { id: 'haiku', contextWindow: 200_000, cost: { input: 1, output: 5, cacheRead: 0.1, cacheWrite: 1.25 } },
  { id: 'opus', contextWindow: 200_000, cost: { input: 5, output: 25, cacheRead: 0.5, cacheWrite: 6.25 } },
];

export interface SpendingFixture {
  spending: RunSpending;
  /** The cap as a budget has it. Set `spent` to let others spend. */
  cap: Cap;
  /** Everything that was settled, added up. */
  settled(): RunUsage;
  /** What the last call left set aside; never more than the cap gave. */
  reserved(): number;
}

/** Money of which `monthly` micro-dollars are left; null caps nothing. */
export function spendingFixture(monthly: number | null): SpendingFixture {
  const cap: Cap = { scope: 'owner', monthly: monthly ?? 0, spent: 0, reserved: 0 };
  let sum: RunUsage = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, microUsd: 0, requests: 0 };
  const add = (used: RunUsage): void => {
    const fields: (keyof TokenUsage | 'microUsd' | 'requests')[] = [
      ...(['input', 'output', 'cacheRead', 'cacheWrite'] as const),
      'microUsd',
      'requests',
    ];
    const next = { ...sum };
    for (const field of fields) next[field] += used[field];
    sum = next;
  };
  return {
    cap,
    settled: () => sum,
    reserved: () => cap.reserved,
    spending: {
      models: MODELS,
      reserved: monthly === null ? null : 0,
      async reserve(more, whole): Promise<Grant> {
        const grant = grantFrom([cap], { more, whole, partly: false });
        if (grant.ok) cap.reserved += more;
        return grant;
      },
      async settle({ used, reserved }) {
        add(used);
        cap.spent += used.microUsd;
        cap.reserved = reserved;
      },
    },
  };
}
