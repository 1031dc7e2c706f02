/**
 * Removes what a crash left in the folder of raw messages. Invariants: a message that a row names is never removed, nor
 * one that is young enough to be on its way to its row; files that are not the store's own are left alone; and the
 * thread is free between any two batches.
 */
import { lstat, opendir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { errorCode, type RawMailSweep } from '@tinyfat/core';

/** Messages that the database is asked about at once. */
const BATCH = 100;
const SHARD = /^[a-z0-9-]{2}$/;
const FILE = /^([a-z0-9-]{4,80})\.eml(\.part)?$/;

interface Found {
  key: string;
  path: string;
  unfinished: boolean;
}

/** One walk over all shards below `folder`; what no row names is removed at its end, when it is known how much that is. */
export async function sweepRawMail(
  folder: string,
  rule: RawMailSweep,
  signal: AbortSignal,
): Promise<{ seen: number; unnamed: number }> {
  let seen = 0;
  const unnamed: Found[] = [];
  for await (const batch of batches(folder)) {
    if (signal.aborted) return { seen, unnamed: unnamed.length };
    seen += batch.length;
    const old = await olderOnes(batch, rule);
    for (const found of old) if (found.unfinished) await removeOne(found, rule);
    unnamed.push(...(await unnamedOnes(old, rule)));
    await setImmediate();
  }
  if (unnamed.length > rule.mostUnnamed) return { seen, unnamed: unnamed.length };
  for (const found of unnamed) {
    if (signal.aborted) break;
    await removeOne(found, rule);
  }
  return { seen, unnamed: unnamed.length };
}

async function unnamedOnes(old: readonly Found[], rule: RawMailSweep): Promise<Found[]> {
  const messages = old.filter(({ unfinished }) => !unfinished);
  if (messages.length === 0) return [];
  const named = await rule.named(messages.map(({ key }) => key));
  return messages.filter(({ key }) => !named.has(key));
}

async function* batches(folder: string): AsyncGenerator<Found[]> {
  for await (const shard of entries(folder)) {
    if (!SHARD.test(shard)) continue;
    let batch: Found[] = [];
    for await (const name of entries(join(folder, shard))) {
      const [, key, part] = FILE.exec(name) ?? [];
      if (key === undefined) continue;
      batch.push({ key, path: join(folder, shard, name), unfinished: part !== undefined });
      if (batch.length === BATCH) {
        yield batch;
        batch = [];
      }
    }
    if (batch.length > 0) yield batch;
  }
}

/** Names in a folder, read in pieces; none where there is no such folder. */
async function* entries(folder: string): AsyncGenerator<string> {
  const opened = await opendir(folder).catch(absent);
  if (opened === null) return;
  for await (const { name } of opened) yield name;
}

async function olderOnes(batch: readonly Found[], rule: RawMailSweep): Promise<Found[]> {
  const old: Found[] = [];
  for (const found of batch) {
    const before = found.unfinished ? rule.unfinishedBefore : rule.unnamedBefore;
    const status = await lstat(found.path).catch(absent);
    if (status?.isFile() && status.mtimeMs < before) old.push(found);
  }
  return old;
}

/** Asks once more, right before: in the meantime a row may have come, or the file been written anew. */
async function removeOne(found: Found, rule: RawMailSweep): Promise<void> {
  const { key, path, unfinished } = found;
  if (!unfinished && (await rule.named([key])).has(key)) return;
  const status = await lstat(path).catch(absent);
  if (status === null || (await olderOnes([found], rule)).length === 0) return;
  await rm(path, { force: true });
  rule.onRemoved({ key, kind: unfinished ? 'unfinished' : 'unnamed', bytes: status.size });
}

function absent(error: unknown): null {
  const code = errorCode(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') return null;
  throw error;
}
