/** What agents' folders in a bucket hold, as its listing says. */
import type { FolderMeter } from '@tinyfat/core';
import { type Bucket, MAX_LISTED, type ObjectPage } from './bucket.ts';
import { agentPrefix } from './keys.ts';

/** The `FolderMeter` of a bucket; `root` stands before all keys. */
export function bucketMeter({ bucket, root }: { bucket: Bucket; root: string }): FolderMeter {
  return (agentId, mostBytes, signal) => bytesBelow(bucket, agentPrefix(root, agentId), mostBytes, signal);
}

/**
 * Bytes of all objects below a prefix, counted a page at a time, and no further than `mostBytes` or the end of `signal`.
 * A folder of more than 100,000 objects counts as endless.
 */
export async function bytesBelow(
  bucket: Bucket,
  prefix: string,
  mostBytes = Number.MAX_SAFE_INTEGER,
  signal?: AbortSignal,
): Promise<number> {
  let bytes = 0;
  let objects = 0;
  for (let after: string | null = null; ; ) {
    const page: ObjectPage = await bucket.list({ prefix, after });
    bytes += page.objects.reduce((sum, { size }) => sum + size, 0);
    objects += page.objects.length;
    if (objects > MAX_LISTED) return Number.MAX_SAFE_INTEGER;
    if (page.next === null || bytes > mostBytes || signal?.aborted) return bytes;
    after = page.next;
  }
}
