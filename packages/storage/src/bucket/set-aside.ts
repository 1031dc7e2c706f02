/**
 * Takes the content of a folder away. S3 renames nothing, so the plan of what goes is written first, into the mark of the
 * folder that it goes to: cut off and begun anew, what was planned is moved to the end, and nothing that came since.
 */
import { readAll } from './body.ts';
import { type Bucket, listAll } from './bucket.ts';
import { inParallel } from './in-parallel.ts';
import { keyBelow } from './keys.ts';

const MAX_MOVED = 20_000;
/** It is held in memory several times over. */
const MAX_PLAN_BYTES = 8 * 1024 * 1024;

/** Path below the folder, and entity tag. */
type Plan = [path: string, etag: string][];

/** Moves all below the prefix `from` to the prefix `to`, but for entries of these names. Rejects where `from` is no folder. */
export async function setAside(
  bucket: Bucket,
  from: string,
  to: string,
  stays: ReadonlySet<string>,
): Promise<void> {
  const plan = (await readPlan(bucket, to)) ?? (await makePlan(bucket, from, to, stays));
  const moved: string[] = [];
  await inParallel(plan, async ([path, etag]) => {
    if (await bucket.copy(`${from}${path}`, `${to}${path}`, etag)) moved.push(`${from}${path}`);
  });
  await bucket.remove(moved);
  await bucket.put(from, '', { only: 'absent' });
  await bucket.put(to, '');
}

/** What a call before was to move; null where there was none. */
async function readPlan(bucket: Bucket, to: string): Promise<Plan | null> {
  const mark = await bucket.get(to);
  const text =
    mark === null ? '' : new TextDecoder().decode((await readAll(mark.body, MAX_PLAN_BYTES)) ?? undefined);
  if (text === '') {
    const { objects } = await bucket.list({ prefix: to, most: 1 });
    return objects.length > 0 ? [] : null;
  }
  const plan: unknown = JSON.parse(text);
  if (!Array.isArray(plan)) return [];
  // It lies in the agent's folder: it is checked like all that the agent could have written.
  return plan.filter(
    (one): one is [string, string] =>
      Array.isArray(one) &&
      typeof one[1] === 'string' &&
      typeof one[0] === 'string' &&
      keyBelow(to, one[0]) !== null,
  );
}

async function makePlan(bucket: Bucket, from: string, to: string, stays: ReadonlySet<string>): Promise<Plan> {
  const objects = await listAll(bucket, from, MAX_MOVED);
  if (objects === null) throw new Error(`more than ${MAX_MOVED} files are not moved at once`);
  if (objects.length === 0) throw new Error(`${from} is no folder`);
  const plan = objects
    .map(({ key, etag }): Plan[number] => [key.slice(from.length), etag])
    .filter(([path]) => path !== '' && !stays.has(path.split('/')[0] ?? ''));
  const bytes = new TextEncoder().encode(JSON.stringify(plan));
  if (bytes.length > MAX_PLAN_BYTES)
    throw new Error(`the names of ${plan.length} files are too long to be moved at once`);
  await bucket.put(to, bytes);
  return plan;
}
