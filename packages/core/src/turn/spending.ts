/** The money of one run (invariant 10), as the consumer gives it to whatever runs the turn. Amounts are micro-dollars. */

import type { Grant } from '../budget/caps.ts';
import type { PricedModel } from '../budget/price.ts';
import type { TokenUsage } from '../ports/recorder.ts';

/** What a run used. The cost goes down where a request turns out cheaper than was reckoned while it was under way. */
export interface RunUsage extends TokenUsage {
  microUsd: number;
  requests: number;
}

/** The budget that a run spends from. */
export interface RunSpending {
  /** The models whose prices are known. */
  models: readonly PricedModel[];
  /** What was set aside when the attempt began; null where nothing caps the run, which is counted all the same. */
  reserved: number | null;
  /**
   * Sets `more` aside, all of it or nothing, so that a request that needs `whole` has it; asked only where there is a cap.
   * Rejects when the budget can't be read.
   */
  reserve(more: number, whole: number): Promise<Grant>;
  /** Writes down what was used since the last call that did not reject, and what is set aside from now on. */
  settle(spending: { used: RunUsage; reserved: number }): Promise<void>;
}
