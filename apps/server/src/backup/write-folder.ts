/** An agent's folder as entries of an archive. */
import type { TreeEntry } from '@tinyfat/storage';
import type { ArchiveWriter, PartHash } from '../archive/write-archive.ts';

/** What could not be taken as it is: its path, and why, as a sentence part. */
export type OnLeftOut = (path: string, why: string) => void;

/**
 * Adds all entries below `place`, a path in the archive that ends with a slash. A file has the length that it had when it
 * was opened: what grows by lines, as sessions do, is whole up to some line or in the middle of one, as after a crash.
 */
export async function writeFolder(
  archive: ArchiveWriter,
  place: string,
  tree: AsyncIterable<TreeEntry>,
  part: PartHash,
  onLeftOut: OnLeftOut,
): Promise<void> {
  for await (const entry of tree) {
    if (entry.kind === 'left_out') {
      onLeftOut(entry.path, entry.why);
    } else if (entry.kind === 'file') {
      const { path, modifiedAt, executable, size, stream } = entry;
      const head = { kind: 'file' as const, modifiedAt, executable, size };
      if (!(await archive.add(place, path, head, part, stream)))
        onLeftOut(path, 'it became shorter while it was read');
    } else {
      const { path, ...head } = entry;
      await archive.add(place, path, head, part);
    }
  }
}
