/** What must work before the server counts as ready. */
import { type Clock, describeError } from '@tinyfat/core';
import { backlog, type Database, isPostgres, testWrite } from '@tinyfat/database';
import { postgresFault } from '@tinyfat/database/postgres';
import type { ReadinessCheck } from '@tinyfat/platform';
import type { Sandbox } from '@tinyfat/sandbox';
import { type DiskCheckOptions, diskProblem } from '../files/disk-check.ts';
import { within } from '../files/within.ts';
import { atMostEvery } from './at-most-every.ts';

/** A sandbox is started for the answer, so not for every question. */
const SANDBOX_EVERY_MS = 60_000;
/** These write to the disk and wait for it. */
const WRITE_EVERY_MS = 10_000;
/** A database that does not answer by then can't be written, either. */
const WITHIN_MS = 5_000;

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
        await within(WITHIN_MS, testWrite(db));
        return null;
      } catch (error) {
        return databaseProblem(db, error);
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
      const { oldestDueMs } = await within(WITHIN_MS, backlog(db, clock()));
      if (oldestDueMs <= longestWaitMs) return null;
      return `a job has been waiting for ${Math.round(oldestDueMs / 1000)} s`;
    },
  };
}

/** What is wrong with a database that takes no rows, and the next step. Repeats no URL: it may hold a password. */
function databaseProblem(db: Database, error: unknown): string {
  const why = error instanceof Error ? error.message : String(error);
  const problem = `The database can not be written (${why}).`;
  if (!isPostgres(db)) {
    return `${problem} See that the disk of DATA_DIR has room, that it is mounted read-write, and that tinyfat.sqlite belongs to the user of the server.`;
  }
  const code = postgresFault(error);
  const step =
    code === null ? 'Look at the log of the server that DATABASE_URL names.' : describeError(code).nextStep;
  return `${problem} ${step}`;
}
