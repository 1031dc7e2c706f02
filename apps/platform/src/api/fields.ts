/** Pieces that the schemas of all resources share. Messages complete "write …". */
import * as v from 'valibot';

/** Gives an object a name of its own among the components of openapi.yaml, for which its module must export it. */
export function named<Entries extends v.ObjectEntries>(
  name: string,
  schema: v.StrictObjectSchema<Entries, undefined>,
) {
  return v.pipe(schema, v.title(name));
}

/** A short text on one line; no control characters. */
export function line(max: number, what: string) {
  return v.pipe(v.string(what), v.maxLength(max, what), v.regex(/^[^\p{Cc}\u2028\u2029]*$/u, what));
}

export const id = v.pipe(v.string('an id'), v.regex(/^[A-Za-z0-9-]{1,64}$/, 'an id as listings show it'));
/** ISO 8601 in UTC. */
export const time = v.pipe(v.string(), v.isoTimestamp());
export const agentName = line(64, 'the name of an agent');
export const address = line(320, 'an e-mail address such as you@example.com');

/** The owner whom a query names, which only admins may; without one an admin lists everybody's and changes their own. */
export const ofOwner = v.strictObject({ owner: v.optional(address) });
/** One thing by its id. */
export const ofId = v.strictObject({ id });

/** A whole number that comes as text in a query. */
export function wholeNumber(min: number, max: number, fallback: number) {
  const what = `a whole number from ${min} to ${max}`;
  return v.optional(
    v.pipe(
      v.string(),
      v.regex(/^\d{1,9}$/, what),
      v.metadata({ jsonSchema: { type: 'integer', minimum: min, maximum: max } }),
      v.transform(Number),
      v.minValue(min, what),
      v.maxValue(max, what),
    ),
    String(fallback),
  );
}

/** What all lists take. */
export const paging = {
  limit: wholeNumber(1, 200, 50),
  cursor: v.optional(line(500, 'the next_cursor of an earlier answer')),
};

/** A page of a list, newest first. `next_cursor` is null at its end. */
export function page<Item extends v.GenericSchema>(item: Item) {
  return v.strictObject({ data: v.array(item), next_cursor: v.nullable(v.string()) });
}

/** A column of times as the API writes it. */
export function isoTime(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

/** The same where there may be none. */
export function isoTimeOrNull(epochMs: number | null): string | null {
  return epochMs === null ? null : isoTime(epochMs);
}
