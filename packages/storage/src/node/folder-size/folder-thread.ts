/** The thread that walks agents' folders, so that no folder however full holds up the main thread. */
import { spawn } from 'node:child_process';
import { Worker } from 'node:worker_threads';
import type { WalkBounds, WalkedFolder, walkFolder } from './walk-folder.ts';

/** One walk, as the thread is asked for it. */
export interface WalkOrder {
  id: number;
  path: string;
  bounds: WalkBounds;
  changed: Parameters<typeof walkFolder>[2];
}
export type WalkAnswer =
  | { id: number; walked: Awaited<ReturnType<typeof walkFolder>> }
  | { id: number; error: string };

export interface FolderThread {
  /** What is in a folder; `signal` ends the walk early. Rejects where the folder is not there. */
  measure(path: string, mostBytes: number, signal?: AbortSignal): Promise<WalkedFolder>;
  /**
   * Makes what was changed in a folder since then (epoch ms) durable: file by file where it is little, else with the whole
   * file system (syncfs(2)). Gives the folder's size where it was seen whole. Rejects where the disk fails.
   */
  makeDurable(path: string, since: number): Promise<WalkedFolder>;
  close(): Promise<void>;
}

/** More than a turn usually changes; beyond it one flush of the whole file system is cheaper than so many. */
const MOST_SYNCED = 64;
/** A walk of so many entries takes some tenths of a second. */
const MOST_ENTRIES_AT_END = 20_000;
/** A time that a file system writes down is that of its last tick, some ms old; and clocks are set. */
const SLACK_MS = 2_000;

/** Starts the thread with the first walk; one that died is started again with the next. */
export function folderThread(sync: (path: string) => Promise<void> = syncFileSystem): FolderThread {
  const open = new Map<number, PromiseWithResolvers<Awaited<ReturnType<typeof walkFolder>>>>();
  let worker: Worker | null = null;
  let last = 0;

  function start(): Worker {
    const started = new Worker(new URL('./folder-thread-entry.ts', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: 128 },
    });
    started.on('message', (answer: WalkAnswer) => {
      const call = open.get(answer.id);
      open.delete(answer.id);
      if ('walked' in answer) call?.resolve(answer.walked);
      else call?.reject(new Error(answer.error));
      if (open.size === 0) started.unref();
    });
    const leave = (reason: unknown) => {
      if (worker === started) worker = null;
      for (const call of open.values())
        call.reject(new Error(`the thread that walks folders ended: ${reason}`));
      open.clear();
    };
    started.on('error', leave);
    started.on('exit', leave);
    return started;
  }

  async function walk(order: Omit<WalkOrder, 'id'>, signal?: AbortSignal) {
    last += 1;
    const id = last;
    const call = Promise.withResolvers<Awaited<ReturnType<typeof walkFolder>>>();
    open.set(id, call);
    worker ??= start();
    worker.ref();
    worker.postMessage({ ...order, id } satisfies WalkOrder);
    const cancel = () => worker?.postMessage({ cancel: id });
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      return await call.promise;
    } finally {
      signal?.removeEventListener('abort', cancel);
    }
  }

  return {
    async measure(path, mostBytes, signal) {
      const bounds = { mostBytes, mostEntries: Number.MAX_SAFE_INTEGER };
      const { durable: _, ...walked } = await walk({ path, bounds, changed: null }, signal);
      return walked;
    },
    async makeDurable(path, since) {
      const bounds = { mostBytes: Number.MAX_SAFE_INTEGER, mostEntries: MOST_ENTRIES_AT_END };
      const changed = { since: since - SLACK_MS, most: MOST_SYNCED };
      const { durable, ...walked } = await walk({ path, bounds, changed });
      if (!durable) await sync(path);
      return walked;
    },
    async close() {
      await worker?.terminate();
    },
  };
}

/** syncfs(2), by coreutils: Node has no call of it. */
export async function syncFileSystem(path: string): Promise<void> {
  const child = spawn('sync', ['--file-system', '--', path], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
  });
  let words = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(0, 500);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`sync -f ended with ${code}: ${words.trim()}`);
}
