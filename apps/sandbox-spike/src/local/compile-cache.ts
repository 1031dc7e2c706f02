/**
 * What Node has compiled of step-mom, for turns to read. It is code that runs in the sandbox of every agent, so it is
 * filled by the start-up probe alone, in a folder that is taken away afterwards, and then copied as the server's own:
 * only what belongs to this user and can be written by nobody else is used, and sandboxes see it read-only.
 */
import { createHash, randomUUID } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { errorCode } from '@tinyfat/core';

/** A cache as sandboxes see it. */
export interface CompileCache {
  /** Where it lies inside. */
  path: string;
  /** What has to be bound for that, beside the bundle. */
  platformFolders: Record<string, string>;
}

/** Where caches may lie, and the one of this bundle, this Node and the user inside. */
export interface CachePlaces {
  /** The bundle. A server of its owner's leaves the cache in it, for every data folder. */
  programFolder: string;
  /** In the data folder, for a server that may not write into the bundle. */
  cacheFolder: string;
  /** The user id inside. */
  uid: number;
  /** No other server uses the data folder, so what is there of no use to this one is of no use at all. */
  alone: boolean;
}

interface Place {
  /** Holds caches. */
  folder: string;
  /** One of its caches, as sandboxes see it. */
  seen(name: string): CompileCache;
}

/**
 * The cache that is there already; null where it has to be filled. Where this server is alone, it removes what of the data
 * folder is of no use.
 */
export function findCache(places: CachePlaces): CompileCache | null {
  const name = cacheName(places);
  const found = placesOf(places).find(({ folder }) => isOurs(folder) && isOurs(join(folder, name)));
  if (places.alone && found?.folder !== places.cacheFolder)
    rmSync(places.cacheFolder, { recursive: true, force: true });
  return found?.seen(name) ?? null;
}

/**
 * Copies what the probe has filled to the first place that takes it. Where another server was faster, its cache is used.
 * Throws where the data folder can't be written.
 */
export function storeCache(filled: string, places: CachePlaces): CompileCache | null {
  const name = cacheName(places);
  for (const { folder, seen } of placesOf(places)) {
    const target = join(folder, name);
    try {
      mkdirSync(folder, { recursive: true });
      chmodSync(folder, 0o755);
      publish(filled, target);
    } catch (error) {
      if (folder === places.cacheFolder) throw error;
    }
    if (isOurs(folder) && isOurs(target)) return seen(name);
  }
  return null;
}

/** Only the owner of the bundle writes into it: another's files there would be in the way of its owner's next build. */
function placesOf({ programFolder, cacheFolder }: CachePlaces): Place[] {
  const inData: Place = {
    folder: cacheFolder,
    seen: (name) => ({
      path: '/var/cache/step-mom',
      platformFolders: { '/var/cache/step-mom': join(cacheFolder, name) },
    }),
  };
  if (statSync(programFolder).uid !== process.getuid?.()) return [inData];
  // Not by the name of the bundle, which is a link: what is built meanwhile has a folder of its own.
  const folder = join(realpathSync(programFolder), 'cache');
  return [{ folder, seen: (name) => ({ path: `/opt/step-mom/cache/${name}`, platformFolders: {} }) }, inData];
}

/** By what Node itself tells caches apart, and by all of the bundle: a damaged one has no cache, so the probe sees it. */
function cacheName({ programFolder, uid }: CachePlaces): string {
  const bundle = createHash('sha256');
  for (const entry of readdirSync(programFolder, { withFileTypes: true }).sort(byName)) {
    if (entry.isDirectory()) continue;
    const path = join(programFolder, entry.name);
    bundle.update(`${entry.name} ${lstatSync(path).mode}\n`).update(readFileSync(path));
  }
  return `${bundle.digest('hex').slice(0, 16)}-${process.version}-${process.arch}-${uid}`;
}

function byName({ name: a }: { name: string }, { name: b }: { name: string }): number {
  return a < b ? -1 : 1;
}

/** A folder of this user's, in which nobody else can write anything, and no links. */
function isOurs(path: string): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats?.isDirectory() === true && stats.uid === process.getuid?.() && (stats.mode & 0o022) === 0;
}

/** Whole or not at all; leaves what is there. */
function publish(filled: string, target: string): void {
  const unfinished = `${target}.${randomUUID()}`;
  try {
    mkdirSync(unfinished);
    chmodSync(unfinished, 0o755);
    for (const entry of readdirSync(filled, { withFileTypes: true, recursive: true })) {
      const copy = join(unfinished, relative(filled, join(entry.parentPath, entry.name)));
      if (entry.isDirectory()) mkdirSync(copy);
      else if (entry.isFile()) copyFileSync(join(entry.parentPath, entry.name), copy);
      else continue;
      chmodSync(copy, entry.isDirectory() ? 0o755 : 0o644);
    }
    renameSync(unfinished, target);
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    if (!['ENOTEMPTY', 'EEXIST'].includes(errorCode(error))) throw error;
  }
}
