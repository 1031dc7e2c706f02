/** Where a page ended. Clients can make cursors up: queries never show more than the principal may see. */
import { fromBase64url, parseJson, toBase64url } from '@tinyfat/core';
import type { After } from '@tinyfat/database';
import * as v from 'valibot';
import { type Outcome, type Refusal, refuse } from './answer.ts';

const place = v.strictTuple([v.pipe(v.number(), v.safeInteger()), v.pipe(v.string(), v.maxLength(320))]);

/** The place that a cursor names; null where none is given. */
export function readCursor(text: string | undefined): { ok: true; after: After | null } | Refusal {
  if (text === undefined) return { ok: true, after: null };
  const parsed = v.safeParse(place, unwrap(text));
  if (!parsed.success) return refuse('invalid_request', '"cursor" must be the next_cursor of an answer.');
  const [at, id] = parsed.output;
  return { ok: true, after: { at, id } };
}

/** The page that a query asks for. `rowsAfter` gives the rows behind a place, as many as `limit` says. */
export async function pageFrom<Row, Item>(
  query: { cursor?: string | undefined; limit: number },
  rowsAfter: (page: { after: After | null; limit: number }) => Promise<Row[]>,
  placeOf: (row: Row) => After,
  show: (row: Row) => Item,
): Promise<Outcome<{ data: Item[]; next_cursor: string | null }>> {
  const cursor = readCursor(query.cursor);
  if (!cursor.ok) return cursor;
  const rows = await rowsAfter({ after: cursor.after, limit: query.limit + 1 });
  return { ok: true, body: pageOf(rows, query.limit, placeOf, show) };
}

/** A page of at most `limit` of the rows, which are one more where the list goes on. */
export function pageOf<Row, Item>(
  rows: readonly Row[],
  limit: number,
  placeOf: (row: Row) => After,
  show: (row: Row) => Item,
): { data: Item[]; next_cursor: string | null } {
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return { data: shown.map(show), next_cursor: last === undefined ? null : writeCursor(placeOf(last)) };
}

/** A list that is given whole. */
export function whole<Item>(data: Item[]): { data: Item[]; next_cursor: null } {
  return { data, next_cursor: null };
}

/** The text that `readCursor` reads a place from. */
export function writeCursor({ at, id }: After): string {
  return toBase64url(new TextEncoder().encode(JSON.stringify([at, id])));
}

function unwrap(text: string): unknown {
  const bytes = fromBase64url(text);
  return bytes === null ? undefined : parseJson(new TextDecoder().decode(bytes));
}
