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
  clock: Clock;
  /** Of a process that takes mail by SMTP: null where the listener is up or none is wanted. */
  listener: ReadinessCheck | null;
  /** Of a process that runs turns; `longestWaitMs`: how long a job may wait that nothing but free workers keeps waiting. */
  turns: { sandbox: Pick<Sandbox, 'probe'>; longestWaitMs: number } | null;
}

/** The checks of a process by their names in `GET /health/ready`. */
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
    ...(parts.turns && turnChecks(parts.turns, parts)),
    ...(parts.listener && { listener: parts.listener }),
  };
}

function turnChecks(
  { sandbox, longestWaitMs }: NonNullable<ReadinessDeps['turns']>,
  { db, clock }: Pick<ReadinessDeps, 'db' | 'clock'>,
): Readonly<Record<string, ReadinessCheck>> {
  return {
    sandbox: atMostEvery(SANDBOX_EVERY_MS, clock, async () => {
      const probe = await sandbox.probe();
      return probe.ok ? null : probe.reason;
    }),
    queue: async () => {
      const { oldestDueMs } = await backlog(db, clock());
      if (oldestDueMs <= longestWaitMs) return null;
      return `a job has been waiting for ${Math.round(oldestDueMs / 1000)} s`;
    },
  };
}
