/** A list of the API over all its pages. */
import type { Answered } from './api-client.ts';

/** What most lists of the API give at once. */
const PAGE = 200;
/** Bounds the pages of a server whose list never ends. */
const MAX_PAGES = 5000;

export interface Page<Item> {
  data: Item[];
  next_cursor: string | null;
}

/** The first `most` of a list, asked in pages of `pageSize`. */
export async function listAll<Item>(
  ask: (page: { limit: string; cursor?: string }) => Promise<Answered<Page<Item>>>,
  most = Number.POSITIVE_INFINITY,
  pageSize = PAGE,
): Promise<Answered<Item[]>> {
  const items: Item[] = [];
  let cursor: string | null = null;
  for (let pages = 0; pages < MAX_PAGES && items.length < most; pages++) {
    const limit = String(Math.min(pageSize, most - items.length));
    const answer: Answered<Page<Item>> = await ask(cursor === null ? { limit } : { limit, cursor });
    if (!answer.ok) return answer;
    items.push(...answer.body.data);
    cursor = answer.body.next_cursor;
    if (cursor === null || answer.body.data.length === 0) break;
  }
  return { ok: true, body: items };
}
