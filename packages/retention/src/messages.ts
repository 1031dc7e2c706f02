/**
 * Bytes of stored messages. A row is marked first, and its bytes go after; what a kill leaves between the two is named by no
 * row any more, and the sweeper of raw mail takes it a day later.
 */
import {
  countOldEvents,
  countOldRefused,
  deleteOldEvents,
  deleteOldRefused,
  markDeliveriesRemoved,
  markMailsRemoved,
  namedRawKeys,
  type OldMessage,
  type OldQuery,
  oldDeliveries,
  oldMails,
} from '@tinyfat/database';
import { inSlices, SLICE, type Walk } from './walk.ts';

type Find = (query: OldQuery) => Promise<OldMessage[]>;
type Mark = (ids: readonly string[]) => Promise<string[]>;

/** Mails that had their turn, or whose turn failed. */
export async function removeMails(walk: Walk): Promise<void> {
  for (const verdict of ['accepted', 'quarantined', 'over_limit'] as const) {
    await removeBytes(
      walk,
      (query) => oldMails(walk.db, { verdict, discarded: false }, query),
      ofMails(walk),
    );
  }
  // Their answers were rejected.
  await removeBytes(
    walk,
    (query) => oldMails(walk.db, { verdict: 'accepted', discarded: true }, query),
    ofMails(walk),
  );
}

/** Mails that never had one, and won't. */
export async function removeRefusedMails(walk: Walk): Promise<void> {
  for (const verdict of ['refused', 'duplicate', 'automatic'] as const) {
    await removeBytes(
      walk,
      (query) => oldMails(walk.db, { verdict, discarded: false }, query),
      ofMails(walk),
    );
  }
  for (const verdict of ['quarantined', 'over_limit'] as const) {
    await removeBytes(walk, (query) => oldMails(walk.db, { verdict, discarded: true }, query), ofMails(walk));
  }
}

/** Outgoing mails that nothing is to be done about any more. */
export async function removeSentMails(walk: Walk): Promise<void> {
  await removeBytes(
    walk,
    (query) => oldDeliveries(walk.db, query),
    (ids) => markDeliveriesRemoved(walk.db, ids, walk.now),
  );
}

/** Rows of mails that were refused, with what is left of their bytes. */
export async function removeRefusedRows(walk: Walk): Promise<void> {
  await removeRows(walk, countOldRefused, deleteOldRefused);
}

/** Rows of what providers reported. */
export async function removeWebhookEvents(walk: Walk): Promise<void> {
  await removeRows(walk, countOldEvents, deleteOldEvents);
}

function ofMails({ db, now }: Walk): Mark {
  return (ids) => markMailsRemoved(db, ids, now);
}

async function removeBytes(walk: Walk, find: Find, mark: Mark): Promise<void> {
  let after: OldQuery['after'] = null;
  await inSlices(walk, async () => {
    const found = await find({ before: walk.before, after, limit: SLICE });
    const last = found.at(-1);
    if (last === undefined) return false;
    after = { at: last.at, id: last.id };
    if (walk.dry) await addSizes(walk, found);
    else await removeUnnamed(walk, await mark(found.map(({ id }) => id)));
    return found.length === SLICE;
  });
}

async function addSizes(walk: Walk, found: readonly OldMessage[]): Promise<void> {
  for (const { rawKey } of found) {
    walk.count.removed += 1;
    walk.count.bytes += await storedBytes(walk, rawKey);
  }
}

/** Several rows may share a message: the last of them takes the bytes away. */
async function removeUnnamed(walk: Walk, keys: readonly string[]): Promise<void> {
  walk.count.removed += keys.length;
  await removeKeys(walk, [...new Set(keys)]);
}

async function removeKeys(walk: Walk, keys: readonly string[]): Promise<void> {
  if (keys.length === 0) return;
  const named = await namedRawKeys(walk.db, keys);
  for (const key of keys) {
    if (named.has(key)) continue;
    const bytes = await storedBytes(walk, key);
    await walk.rawMail.remove(key);
    walk.count.bytes += bytes;
  }
}

async function removeRows(
  walk: Walk,
  count: (db: Walk['db'], before: number) => Promise<number>,
  remove: (db: Walk['db'], before: number, limit: number) => Promise<{ deleted: number; rawKeys: string[] }>,
): Promise<void> {
  if (walk.dry) {
    walk.count.removed += await count(walk.db, walk.before);
    return;
  }
  await inSlices(walk, async () => {
    const { deleted, rawKeys } = await remove(walk.db, walk.before, SLICE);
    walk.count.removed += deleted;
    await removeKeys(walk, [...new Set(rawKeys)]);
    return deleted === SLICE;
  });
}

/** 0 for what can't be read: a missing message is no error, and a store that is out of reach shows when it removes. */
async function storedBytes({ rawMail }: Walk, key: string): Promise<number> {
  try {
    const { size, stream } = await rawMail.stream(key);
    await stream.cancel();
    return size;
  } catch {
    return 0;
  }
}
