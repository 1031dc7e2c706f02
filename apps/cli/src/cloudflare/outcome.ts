/** What one step of a deployment came to. */

/** What is wrong, and the line that mends it; without secrets. */
export interface Failed {
  ok: false;
  reason: string;
  fix: string;
}

/** A failure for this reason. */
export function failed(reason: string, fix: string): Failed {
  return { ok: false, reason, fix };
}

export type Outcome<Value> = ({ ok: true } & Value) | Failed;
