/** Findings of checks. */
import { statSync } from 'node:fs';

export type State = 'ok' | 'note' | 'broken';

/** One line of `tinyfat doctor`. Nothing in it is secret. */
export interface Finding {
  check: string;
  state: State;
  found: string;
  /** What mends it, for a person; null where nothing is to be done, or `run` says enough. */
  mend: string | null;
  /** A line for a shell that mends it, or that shows more; null where there is none. */
  run: string | null;
}

/** What a check says: a finding under the name of the check, or under `check` where it is another side of the matter. */
export type Observation = Omit<Finding, 'check'> & { check?: string };

/** Looks at one thing; says several things where it has several sides. `signal` ends it early. */
export interface Check {
  name: string;
  look(signal: AbortSignal): Observation | Observation[] | Promise<Observation | Observation[]>;
}

/** All findings of a check. Rejects as the check does. */
export async function findingsOf({ name, look }: Check, signal: AbortSignal): Promise<Finding[]> {
  return [await look(signal)].flat().map((one) => ({ check: name, ...one }));
}

/** Everything is as it should be. */
export function ok(found: string): Observation {
  return { state: 'ok', found, mend: null, run: null };
}

/** Works, but not as one would want it in earnest. */
export function note(found: string, mend: string | null, run: string | null = null): Observation {
  return { state: 'note', found, mend, run };
}

/** Does not work. */
export function broken(found: string, mend: string | null, run: string | null = null): Observation {
  return { state: 'broken', found, mend, run };
}

/** What went wrong, in the system's words. */
export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Does the work at the first call; later ones get the same. */
export function once<Value>(work: () => Value): () => Value {
  let done: { value: Value } | null = null;
  return () => {
    done ??= { value: work() };
    return done.value;
  };
}

/** Whether there is a folder, links followed, that can be seen by this user. */
export function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
