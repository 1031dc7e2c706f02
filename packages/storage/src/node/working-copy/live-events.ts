/** Uploads the events of a turn while it runs, so that pages show it live: S3 has no file that grows. */
import type { AgentFolders } from '@tinyfat/core';
import type { Bucket } from '../../bucket/bucket.ts';
import { keyBelow } from '../../bucket/keys.ts';
import { repeat } from '../../copy/repeat.ts';
import type { Copied } from './copied.ts';

/** A larger file is not read by anybody (`RunEvents`). */
const MAX_BYTES = 5_000_000;
/** A run begins one; the agent can add more, which wait for the end of the turn. */
const MAX_FILES = 2;
const MAX_LISTED = 10_000;
/** The folder is looked through again every so many rounds. */
const LOOK_EVERY = 5;

interface LiveEvents {
  bucket: Bucket;
  prefix: string;
  local: Pick<AgentFolders, 'list' | 'read'>;
  agentId: string;
  /** What was copied in; files that are uploaded are added, so that they count as such at the end. */
  copied: Map<string, Copied>;
  everyMs: number;
}

/** Begins; the function that it gives ends it, and resolves when nothing is under way. */
export function uploadEvents(live: LiveEvents): () => Promise<void> {
  const { bucket, prefix, local, agentId, copied, everyMs } = live;
  const sizes = new Map<string, number>();
  let rounds = 0;

  const upload = async (name: string) => {
    const path = `events/${name}`;
    const key = keyBelow(prefix, path);
    if (key === null) return;
    const file = await local.read(agentId, path, MAX_BYTES);
    if (!file.ok || file.bytes.length === sizes.get(name)) return;
    const before = copied.get(path);
    const put = await bucket.put(key, file.bytes, {
      only: before ? { etag: before.etag } : 'absent',
    });
    // Somebody else's: it is looked at when the turn is over.
    sizes.set(name, put.ok ? file.bytes.length : Number.NaN);
    if (put.ok) copied.set(path, { etag: put.etag, sha256: null, executable: false, state: null });
  };
  const round = async () => {
    if (rounds % LOOK_EVERY === 0 || sizes.size === 0) {
      const listed = await local.list(agentId, 'events', MAX_LISTED);
      const fresh = listed.filter(({ kind, name }) => kind === 'file' && !copied.has(`events/${name}`));
      for (const { name } of fresh.slice(0, MAX_FILES - sizes.size))
        if (!sizes.has(name)) sizes.set(name, -1);
    }
    rounds += 1;
    for (const [name, size] of sizes) if (!Number.isNaN(size)) await upload(name);
  };
  return repeat(everyMs, round);
}
