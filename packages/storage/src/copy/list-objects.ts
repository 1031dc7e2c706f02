/** Which objects of an agent's folder a turn is given. */
import { parseSessionFileName } from '@tinyfat/core';
import { type Bucket, type ListedObject, listAll, MAX_LISTED } from '../bucket/bucket.ts';
import { type CopyBounds, FolderTooLarge } from './bounds.ts';

/** What only grows. A turn needs its own session of all that, and an agent may want to look at the last ones. */
const RECORDS = ['sessions/', 'events/', 'outbox/sent/', 'outbox/failed/'];
const MAX_RECORDS = 50;

interface FolderOfTurn {
  bucket: Bucket;
  /** Of the agent, with a slash at its end. */
  prefix: string;
  sessionId: string;
  bounds: CopyBounds;
}

/**
 * All but old records, in the order of their keys' bytes. Throws `FolderTooLarge`; an error with the code `ENOENT` where
 * there is no folder; or as the bucket does.
 */
export async function objectsOfTurn(folder: FolderOfTurn): Promise<ListedObject[]> {
  const { bucket, prefix, bounds } = folder;
  const all = await listAll(bucket, prefix, MAX_LISTED);
  const listed = all && RECORDS.reduce((left, records) => withoutOld(left, folder, records), all);
  if (listed === null || listed.length > bounds.entries)
    throw new FolderTooLarge(`It holds more than ${bounds.entries} files.`);
  if (listed.length === 0)
    throw Object.assign(new Error(`there is no folder ${prefix} in the storage`), { code: 'ENOENT' });
  const bytes = listed.reduce((sum, { size }) => sum + size, 0);
  if (bytes > bounds.bytes)
    throw new FolderTooLarge(`It holds ${bytes} bytes; at most ${bounds.bytes} are copied.`);
  return listed;
}

/** The newest files of a folder of records, and the session of this turn. */
function withoutOld(
  listed: ListedObject[],
  { prefix, sessionId }: FolderOfTurn,
  folder: string,
): ListedObject[] {
  const nameOf = ({ key }: ListedObject) => key.slice(prefix.length + folder.length);
  const files = listed.filter(({ key }) => key.startsWith(`${prefix}${folder}`) && !key.endsWith('/'));
  const old = new Set(files.sort((a, b) => b.modifiedAt - a.modifiedAt).slice(MAX_RECORDS));
  return listed.filter(
    (object) => !old.has(object) || parseSessionFileName(nameOf(object))?.id === sessionId,
  );
}
