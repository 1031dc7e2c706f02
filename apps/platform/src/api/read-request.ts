/** Names and values of a path or a query, checked against the route's schema. */
import * as v from 'valibot';
import { explainIssue } from './body.ts';
import type { Fields } from './route.ts';

/** The values, or a sentence that says which one is wrong and what to write. */
export type ReadFields<F extends Fields> =
  | { ok: true; value: v.InferOutput<F> }
  | { ok: false; detail: string };

/** A name that stands twice is refused: two readers could take another one each. */
export function readFields<F extends Fields>(schema: F, pairs: readonly [string, string][]): ReadFields<F> {
  const values = new Map(pairs);
  if (values.size < pairs.length) return { ok: false, detail: 'A parameter stands more than once.' };
  const parsed = v.safeParse(schema, Object.fromEntries(values));
  return parsed.success
    ? { ok: true, value: parsed.output }
    : { ok: false, detail: explainIssue(parsed.issues[0]) };
}
