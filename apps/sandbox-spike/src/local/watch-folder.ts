/**
 * Ends a turn whose agent's folder grows beyond what it may hold, so that no agent fills the disk of the server. The folder
 * is walked in a thread, at most a twentieth of the time; between two walks the free space of the file system is looked at,
 * which costs next to nothing: what an agent writes shows there, and calls for a walk at once.
 */
import { statfs } from 'node:fs/promises';
import { byteSize, type FaultBarrier } from '@tinyfat/core';
import type { FolderThread } from '@tinyfat/storage/node';

export interface FolderWatch {
  end(): void;
}

export interface FolderWatchDeps {
  thread: Pick<FolderThread, 'measure'>;
  /** Bytes free on the file system of a path. */
  freeBytes(path: string): Promise<number>;
  /** Ms between two looks at the free space. */
  lookEveryMs: number;
}

/** Ms. Writing 1 GB takes longer on most disks. */
export const LOOK_EVERY_MS = 250;
const WALK_EVERY_MS = 1_000;
/** A walk may take a twentieth of the time. */
const WALK_SHARE = 20;
/** While the disk has less than this left, a folder may grow no further than by `STILL_BYTES` in a turn. */
const SCARCE_BYTES = 256_000_000;
const STILL_BYTES = 16_000_000;

/** Calls `stop` once, with a sentence for the sender. `guard` goes around each look. */
export function watchFolder(
  { thread, freeBytes, lookEveryMs }: FolderWatchDeps,
  { path, mostBytes }: { path: string; mostBytes: number },
  stop: (reason: string) => void,
  guard: FaultBarrier,
): FolderWatch {
  const ended = new AbortController();
  let first: number | null = null;
  let walkedAt = Number.NEGATIVE_INFINITY;
  let tookMs = 0;
  /** Bytes that may be written until the next walk; and what was free at the last one. */
  let headroom = 0;
  let freeThen = 0;

  const look = guard(async () => {
    const free = await freeBytes(path);
    const due = performance.now() - walkedAt >= Math.max(WALK_EVERY_MS, WALK_SHARE * tookMs);
    if (due || freeThen - free > headroom / 2) await walk(free);
    if (!ended.signal.aborted) timer = setTimeout(look, lookEveryMs);
  });

  async function walk(free: number): Promise<void> {
    const began = performance.now();
    const found = await thread.measure(path, mostBytes, ended.signal);
    if (ended.signal.aborted) return;
    tookMs = performance.now() - began;
    walkedAt = performance.now();
    freeThen = free;
    first ??= found.bytes;
    headroom = mostBytes - found.bytes;
    if (found.uncountable) return halt('It holds folders that are nested too deep, or can not be read.');
    if (!found.whole) return halt(`It holds more than ${byteSize(mostBytes)}.`);
    if (free < SCARCE_BYTES && found.bytes > first + STILL_BYTES) {
      halt(`The disk of the server has only ${byteSize(free)} left.`);
    }
  }

  function halt(reason: string): void {
    ended.abort();
    stop(reason);
  }

  let timer = setTimeout(look, 0);
  return {
    end() {
      clearTimeout(timer);
      ended.abort();
    },
  };
}

/** As statvfs(3) says for an ordinary user. */
export async function freeBytes(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
}
