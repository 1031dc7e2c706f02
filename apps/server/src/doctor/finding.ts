/** What a check found, and how to say it. */
import { statSync } from 'node:fs';

/** `note`: works, but not as one would want it in earnest. */
export type State = 'ok' | 'note' | 'broken';

/** One line of `tinyfat doctor`. Nothing in it is secret. */
export interface Finding {
  check: string;
  state: State;
  found: string;
  /** What mends it, for a person; null where nothing is to be done, or `run` says it all. */
  mend: string | null;
  /** A line for a shell that mends it, or that shows more; null where there is none. */
  run: string | null;
}

/** Looks at one thing; several findings where it has several sides. `signal` ends it early. */
export interface Check {
  name: string;
  look(signal: AbortSignal): Finding | Finding[] | Promise<Finding | Finding[]>;
}

/** Everything is as it should be. */
export function ok(check: string, found: string): Finding {
  return { check, state: 'ok', found, mend: null, run: null };
}

/** Works, but not as one would want it in earnest. */
export function note(check: string, found: string, mend: string | null, run: string | null = null): Finding {
  return { check, state: 'note', found, mend, run };
}

/** Does not work. */
export function broken(
  check: string,
  found: string,
  mend: string | null,
  run: string | null = null,
): Finding {
  return { check, state: 'broken', found, mend, run };
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
