/** What must work before the server counts as ready. */
import type { Clock, Sandbox } from '@tinyfat/core';
import { backlog, type Database } from '@tinyfat/database';
import type { ReadinessCheck } from '@tinyfat/platform';

/** A sandbox is started for the answer, so not for every question. */
const PROBE_KEPT_MS = 60_000;

export interface CheckParts {
  db: Database;
  sandbox: Pick<Sandbox, 'probe'>;
  clock: Clock;
  /** Null where the listener is up or none is wanted. */
  listener: ReadinessCheck;
  /** Ms that a job which nothing but free workers keeps waiting may wait. */
  longestWaitMs: number;
}

/** The checks by their names in `GET /health/ready`. */
export function readinessChecks(parts: CheckParts): Readonly<Record<string, ReadinessCheck>> {
  const { db, clock } = parts;
  let probed: { at: number; problem: string | null } | null = null;
  return {
    database: async () => {
      await db.updateTable('agents').set({ deleted_at: null }).where('id', '=', '').execute();
      return null;
    },
    sandbox: async () => {
      if (probed === null || clock() - probed.at >= PROBE_KEPT_MS) {
        const probe = await parts.sandbox.probe();
        probed = { at: clock(), problem: probe.ok ? null : probe.reason };
      }
      return probed.problem;
    },
    listener: parts.listener,
    queue: async () => {
      const { oldestDueMs } = await backlog(db, clock());
      if (oldestDueMs <= parts.longestWaitMs) return null;
      return `a job has been waiting for ${Math.round(oldestDueMs / 1000)} s`;
    },
  };
}
