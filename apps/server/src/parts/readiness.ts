/** What must work before the server counts as ready. */
import { type Clock, errorCode } from '@tinyfat/core';
import { backlog, type Database, isPostgres, testWrite } from '@tinyfat/database';
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
        return databaseProblem(error, isPostgres(db));
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

/** Class 25006 of PostgreSQL's error codes: read_only_sql_transaction. */
const READ_ONLY = '25006';

/** What is wrong with a database that takes no rows, and the next step. Repeats no URL: it may hold a password. */
function databaseProblem(error: unknown, onPostgres: boolean): string {
  const why = error instanceof Error ? error.message : String(error);
  const problem = `The database can not be written (${why}).`;
  if (!onPostgres) {
    return `${problem} See that the disk of DATA_DIR has room, that it is mounted read-write, and that tinyfat.sqlite belongs to the user of the server.`;
  }
  if (errorCode(error) === READ_ONLY) {
    return `${problem} It is read-only: DATABASE_URL may name a replica, or the server has set default_transaction_read_only because its disk is full. Make room there, or name the primary.`;
  }
  return `${problem} See that the server of DATABASE_URL runs and takes connections, and that its disk has room.`;
}
