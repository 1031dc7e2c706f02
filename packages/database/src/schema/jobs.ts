/** What is to be done about a mail, and what was done. */
import type { Generated, Selectable } from 'kysely';

export interface JobTables {
  jobs: JobsTable;
  served_owners: ServedOwnersTable;
  runs: RunsTable;
  usage_hours: UsageHoursTable;
  usage_days: UsageDaysTable;
}

/** One turn or command to be done; in order of `seq` within an agent, one running at a time. */
interface JobsTable {
  seq: Generated<number>;
  id: string;
  agent_id: string;
  mail_id: string;
  /** `paused`: its agent is paused, and nobody looks for it. */
  state: 'ready' | 'paused' | 'running' | 'done' | 'failed';
  /** Not before this time. */
  run_at: number;
  /** Attempts that have begun. */
  attempts: number;
  max_attempts: number;
  /** Grows with every claim; a worker with an older fence changes nothing. */
  fence: Generated<number>;
  /** The worker that holds it, and until when it does without a renewal; null while nobody does. */
  leased_by: Generated<string | null>;
  lease_until: Generated<number | null>;
  /** When it was scheduled: one in the future shows that the clock was set back. */
  scheduled_at: Generated<number>;
  last_error: string | null;
  created_at: number;
  finished_at: number | null;
  /** When somebody asked for its end, and who: an owner's address, or `operator`. Once asked, it ends without an answer. */
  stop_asked_at: Generated<number | null>;
  stop_asked_by: Generated<string | null>;
}

/** In which order owners were served: the one with the lowest number has waited longest. */
interface ServedOwnersTable {
  owner: string;
  turn: number;
}

/** `waiting`: asked for as another run of an old one, and not begun. */
export const RUN_STATUSES = ['waiting', 'running', 'done', 'failed'] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

/** Whether a run has come to its end. */
export function isRunOver(run: { status: RunStatus }): boolean {
  return run.status === 'done' || run.status === 'failed';
}

/** What became of one job: a turn of the agent or a command; attempts share the row. */
interface RunsTable {
  id: string;
  job_id: string;
  agent_id: string;
  mail_id: string;
  kind: 'turn' | 'command';
  command: string | null;
  /** Counts up from 1; 0 while it waits. */
  attempt: number;
  status: RunStatus;
  session_id: string | null;
  model: string | null;
  input_tokens: number;
  output_tokens: number;
  cache_read_tokens: number;
  cache_write_tokens: number;
  /** Written from whole micro-dollars; counts for the month in which the run started. */
  cost_usd: number;
  /** Reserved for requests under way, micro-dollars; 0 when the run does not run. */
  reserved_micro_usd: Generated<number>;
  context_tokens: number | null;
  context_window: number | null;
  llm_requests: number;
  started_at: number;
  first_request_at: number | null;
  last_response_at: number | null;
  finished_at: number | null;
  error_code: string | null;
  error: string | null;
  /** Id of the run that this one does again. */
  again_of: Generated<string | null>;
  /**
   * What stands in the place of the sender's text, written by the owner; null = what the sender wrote, empty = it was
   * removed with the stored mail.
   */
  edited_text: Generated<string | null>;
  /** When its owner said that the failure needs nothing more; null while nobody did. */
  acknowledged_at: Generated<number | null>;
}

/** What turns that started in one hour used, by agent, model and sender: kept by triggers on `runs`, and never written. */
interface UsageHoursTable {
  agent_id: string;
  /** Whole hours since 1970, UTC. */
  hour: number;
  /** Empty where none was reached. */
  model: string;
  /** Address without tag; empty where a mail had none. */
  sender: string;
  turns: number;
  input_tokens: number;
  output_tokens: number;
  cache_read_tokens: number;
  cache_write_tokens: number;
  cost_micro_usd: number;
}

/** The same by days in UTC: kept by triggers on the hours, and never written. */
interface UsageDaysTable extends Omit<UsageHoursTable, 'hour'> {
  /** Whole days since 1970, UTC. */
  day: number;
}

export type Run = Selectable<RunsTable>;
export type Job = Selectable<JobsTable>;
