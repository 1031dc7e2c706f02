/** Work on many things, several at once, bounded by their number and their bytes. */

const AT_ONCE = 8;
/** In memory at the same time, also of an isolate of 128 MB; one thing that is larger than this goes alone. */
const BYTES_AT_ONCE = 24 * 1024 * 1024;

/** Does `work` for each item, in order of their beginning. Rejects with the first error, when all that began have ended. */
export async function inParallel<Item>(
  items: Iterable<Item>,
  work: (item: Item) => Promise<void>,
  bytesOf: (item: Item) => number = () => 0,
): Promise<void> {
  const running = new Set<Promise<void>>();
  let bytes = 0;
  const failures: unknown[] = [];
  for (const item of items) {
    const size = bytesOf(item);
    while (running.size >= AT_ONCE || (running.size > 0 && bytes + size > BYTES_AT_ONCE)) {
      await Promise.race(running);
    }
    if (failures.length > 0) break;
    bytes += size;
    const one: Promise<void> = work(item)
      .catch((error: unknown) => {
        failures.push(error);
      })
      .finally(() => {
        bytes -= size;
        running.delete(one);
      });
    running.add(one);
  }
  await Promise.all(running);
  if (failures.length > 0) throw failures[0];
}
