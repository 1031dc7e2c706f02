/** Live events of runs (DESIGN section 5, events). */

/** A run whose events are asked for. */
export interface RunOfEvents {
  id: string;
  agent_id: string;
  /** Epoch ms. */
  started_at: number;
}

/**
 * One event; `seq` counts from 1 within the run, `attempt` says of which attempt at the run it is. The agent could have
 * written it: it is data, never believed.
 */
export interface RunEventRecord {
  seq: number;
  attempt: number;
  event: Record<string, unknown>;
}

export interface RunEventReader {
  /** The events since the last call. `last`: the run is over, so that a line without an end counts, too. */
  more(last: boolean): Promise<RunEventRecord[]>;
}

/** Gives the events of runs, all attempts, in order, also while they are being written. */
export interface RunEvents {
  /** A reader that begins with the first event of a run. */
  read(run: RunOfEvents): RunEventReader;
}
