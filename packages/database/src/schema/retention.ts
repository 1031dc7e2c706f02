/** What was removed because its time was over. */
import type { Selectable } from 'kysely';

export interface RetentionTables {
  retention_runs: RetentionRunsTable;
}

/** One run; the report grows while it goes on. */
interface RetentionRunsTable {
  id: string;
  /** Whole days since the epoch of the run that is due each day; null for one that somebody asked for. */
  day: number | null;
  started_at: number;
  /** Null while it runs, and for ever where its process died. */
  finished_at: number | null;
  /** core's `RetentionReport` as JSON. */
  report: string;
}

export type RetentionRun = Selectable<RetentionRunsTable>;
