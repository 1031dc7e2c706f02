/**
 * Raw messages as files, in and out: `{folder}/{last two characters of the key}/{key}.eml`. `put` resolves after the
 * bytes, the name and (for a new shard) the shard itself are on disk, so that a 250 may follow.
 */
import { closeSync, fstatSync, openSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { RawMailStore } from '@tinyfat/core';
import { rawMailKey } from '../names.ts';
import { streamFile } from './stream-file.ts';
import { sweepRawMail } from './sweep-raw-mail.ts';
import { syncFolder } from './sync.ts';

/** The `RawMailStore` port over a local directory. Keys are [a-z0-9-]; anything else throws. */
export function rawMailDirectory(folder: string): RawMailStore {
  const shards = new Map<string, Promise<void>>();
  const place = (key: string) => {
    // The tail of a UUIDv7 is random, its head is the time: shards by tail stay equally full.
    const shard = join(folder, rawMailKey(key).slice(-2));
    return { shard, path: join(shard, `${key}.eml`) };
  };
  const openShard = (shard: string) => {
    const known = shards.get(shard);
    if (known) return known;
    const made = mkdir(shard, { recursive: true, mode: 0o700 }).then(() => syncFolder(folder));
    shards.set(shard, made);
    made.catch(() => shards.delete(shard));
    return made;
  };
  return {
    async put(key, raw) {
      const { shard, path } = place(key);
      await openShard(shard);
      const temporary = `${path}.part`;
      try {
        const file = await open(temporary, 'w', 0o600);
        try {
          await file.writeFile(raw);
          await file.sync();
        } finally {
          await file.close();
        }
        await rename(temporary, path);
      } catch (error) {
        // On a full disk the halves of what did not fit would keep it full.
        await rm(temporary, { force: true }).catch(() => undefined);
        throw error;
      }
      await syncFolder(shard);
    },
    async get(key) {
      return await readFile(place(key).path);
    },
    async stream(key) {
      const { path } = place(key);
      const fd = openSync(path, 'r');
      try {
        return streamFile(fd, fstatSync(fd).size);
      } catch (error) {
        closeSync(fd);
        throw error;
      }
    },
    async remove(key) {
      await rm(place(key).path, { force: true });
    },
    sweep: (rule, signal) => sweepRawMail(folder, rule, signal),
  };
}
