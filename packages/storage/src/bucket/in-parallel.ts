/** Work on many things, several at once, bounded by their number and their bytes. */

/** How much at once; one thing that is larger than `bytesAtOnce` goes alone. */
interface ParallelBounds {
  atOnce: number;
  bytesAtOnce: number;
}

const BOUNDS: ParallelBounds = { atOnce: 8, bytesAtOnce: 24 * 1024 * 1024 };

/** Work that is under way. */
export interface WorkPool {
  /** Begins `work` once there is room for it. Rejects, and begins nothing, where something failed before. */
  add(bytes: number, work: () => Promise<void>): Promise<void>;
  /** Resolves when all that began have ended; rejects with the first error then. */
  end(): Promise<void>;
}

/** Makes an empty one. */
export function workPool({ atOnce, bytesAtOnce }: ParallelBounds = BOUNDS): WorkPool {
  const running = new Set<Promise<void>>();
  const failures: unknown[] = [];
  let bytes = 0;
  const end = async () => {
    await Promise.all(running);
    if (failures.length > 0) throw failures[0];
  };
  return {
    async add(size, work) {
      while (running.size >= atOnce || (running.size > 0 && bytes + size > bytesAtOnce))
        await Promise.race(running);
      if (failures.length > 0) return await end();
      bytes += size;
      const one: Promise<void> = work()
        .catch((error: unknown) => {
          failures.push(error);
        })
        .finally(() => {
          bytes -= size;
          running.delete(one);
        });
      running.add(one);
    },
    end,
  };
}

/** Does `work` for each item, in order of their beginning. Rejects with the first error, when all that began have ended. */
export async function inParallel<Item>(
  items: Iterable<Item>,
  work: (item: Item) => Promise<void>,
  bytesOf: (item: Item) => number = () => 0,
): Promise<void> {
  const pool = workPool();
  for (const item of items) await pool.add(bytesOf(item), () => work(item));
  await pool.end();
}
