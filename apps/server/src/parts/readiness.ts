/** What must work before the server counts as ready. */
import type { Clock } from '@tinyfat/core';
import { backlog, type Database, testWrite } from '@tinyfat/database';
import type { ReadinessCheck } from '@tinyfat/platform';
import type { Sandbox } from '@tinyfat/sandbox';
import { type DiskCheckOptions, diskProblem } from '../files/disk-check.ts';
import { atMostEvery } from './at-most-every.ts';

/** A sandbox is started for the answer, so not for every question. */
const SANDBOX_EVERY_MS = 60_000;
/** These write to the disk and wait for it. */
const WRITE_EVERY_MS = 10_000;

export interface ReadinessDeps {
  db: Database;
  disk: DiskCheckOptions;
  sandbox: Pick<Sandbox, 'probe'>;
  clock: Clock;
  /** Null where the listener is up or none is wanted. */
  listener: ReadinessCheck;
  /** Ms that a job which nothing but free workers keeps waiting may wait. */
  longestWaitMs: number;
}

/** The checks by their names in `GET /health/ready`. */
export function readinessChecks(parts: ReadinessDeps): Readonly<Record<string, ReadinessCheck>> {
  const { db, clock } = parts;
  return {
    disk: atMostEvery(WRITE_EVERY_MS, clock, () => diskProblem(parts.disk)),
    database: atMostEvery(WRITE_EVERY_MS, clock, async () => {
      try {
        await testWrite(db);
        return null;
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        throw new Error(`The database can not be written (${why}). Look at the disk of DATA_DIR.`);
      }
    }),
    sandbox: atMostEvery(SANDBOX_EVERY_MS, clock, async () => {
      const probe = await parts.sandbox.probe();
      return probe.ok ? null : probe.reason;
    }),
    listener: parts.listener,
    queue: async () => {
      const { oldestDueMs } = await backlog(db, clock());
      if (oldestDueMs <= parts.longestWaitMs) return null;
      return `a job has been waiting for ${Math.round(oldestDueMs / 1000)} s`;
    },
  };
}
