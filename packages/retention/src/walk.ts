/** What every kind of retention is given, and the pace at which it works. */
import type { AgentFolders, Logger, RawMailStore, RetentionCount } from '@tinyfat/core';
import type { Database } from '@tinyfat/database';

export interface RetentionStores {
  db: Database;
  rawMail: Pick<RawMailStore, 'stream' | 'remove'>;
  folders: Pick<AgentFolders, 'list' | 'unlink' | 'removeFolder'>;
  logger: Logger;
}

/** One kind in one run. */
export interface Walk extends RetentionStores {
  /** What is older goes, epoch ms. */
  before: number;
  now: number;
  /** Only looks, and counts what would go. */
  dry: boolean;
  count: RetentionCount;
  signal: AbortSignal;
}

/** Rows or files between two pauses. */
export const SLICE = 100;

/**
 * Calls `step` until it gives false, or the run is to stop. Each slice is followed by a pause as long as it took, so that
 * mail and turns have at least half of the machine and of the database.
 */
export async function inSlices(walk: Walk, step: () => Promise<boolean>): Promise<void> {
  let goesOn = true;
  while (goesOn && !walk.signal.aborted) {
    const began = performance.now();
    goesOn = await step();
    const tookMs = performance.now() - began;
    await new Promise((resolve) => setTimeout(resolve, tookMs));
  }
}
