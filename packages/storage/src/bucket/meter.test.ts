import { expect, it } from 'vitest';
import type { Bucket, ListedObject } from './bucket.ts';
import { bucketMeter } from './meter.ts';

/** A bucket that only lists: so many pages of objects of 10 bytes each. */
function listing(pages: number, perPage: number) {
  const asked: string[] = [];
  const list: Bucket['list'] = async ({ prefix, after }) => {
    asked.push(prefix);
    const page = Number(after ?? 0);
    const object: ListedObject = { key: `${prefix}x`, size: 10, etag: '"1"', modifiedAt: 0 };
    const objects = Array.from({ length: perPage }, () => object);
    return { objects, prefixes: [], next: page + 1 < pages ? String(page + 1) : null };
  };
  const none = () => Promise.reject(new Error('not asked for'));
  const bucket: Bucket = { list, get: none, head: none, put: none, copy: none, remove: none };
  return { asked, measure: bucketMeter({ bucket, root: 'here/' }) };
}

it('counts all that the agent has, page by page', async () => {
  const { asked, measure } = listing(3, 4);
  expect(await measure('agent-a', Number.MAX_SAFE_INTEGER)).toBe(120);
  expect(asked).toEqual(Array.from({ length: 3 }, () => 'here/agents/agent-a/'));
});

it('ends where it is more than was asked for, or at the end of the signal', async () => {
  const { asked, measure } = listing(100, 4);
  expect(await measure('agent-a', 100)).toBeGreaterThan(100);
  expect(asked).toHaveLength(3);
  await measure('agent-a', 1e9, AbortSignal.abort());
  expect(asked).toHaveLength(4);
});

it('counts a folder without end as more than anything', async () => {
  const { asked, measure } = listing(1e9, 1000);
  expect(await measure('agent-a', Number.MAX_SAFE_INTEGER)).toBe(Number.MAX_SAFE_INTEGER);
  expect(asked).toHaveLength(101);
});
