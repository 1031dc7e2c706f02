/**
 * An agent's folder as a tar archive for its owner: files and folders below one folder of the archive, and at its end a text
 * on what is left out. The agent made the names and contents: no link is in it, nothing leads out of the folder, and bytes
 * and entries are bounded. Nothing is held but the piece in hand.
 */
import type { TreeEntry } from '../trees.ts';
import { BLOCK, headerBlocks, paddingOf, type TarHeader } from './format.ts';

/** Bytes of all files together, and entries. */
export interface TarBounds {
  bytes: number;
  entries: number;
}

/** Entries that are left out and named; of more there is the number. */
const MOST_NAMED = 1000;
const ZEROS = new Uint8Array(64 * 1024);

/** The blocks of the archive. `top` is the name of its one folder, `at` the time of what is made here, epoch ms. */
export async function* folderTar(
  { top, at }: { top: string; at: number },
  tree: AsyncIterable<TreeEntry>,
  bounds: TarBounds,
): AsyncGenerator<Uint8Array, void> {
  const leftOut = leftOutList();
  let bytes = 0;
  let entries = 0;
  yield header('folder', `${top}/`, at);
  for await (const entry of tree) {
    if (entries === bounds.entries) {
      leftOut.note(`All that comes after the first ${bounds.entries} entries is left out.`);
      await dropped(entry);
      break;
    }
    entries += 1;
    if (entry.kind === 'folder') {
      yield header('folder', `${top}/${entry.path}/`, entry.modifiedAt);
      continue;
    }
    const why = await whyNot(entry, bounds.bytes - bytes);
    if (why !== null) leftOut.add(entry.path, why);
    if (entry.kind !== 'file' || why !== null) continue;
    bytes += entry.size;
    yield header('file', `${top}/${entry.path}`, entry.modifiedAt, entry);
    if (!(yield* content(entry))) leftOut.add(entry.path, 'it became shorter while it was read');
  }
  const text = new TextEncoder().encode(leftOut.text());
  if (text.length > 0) {
    yield header('file', `${top}.left-out.txt`, at, { size: text.length, executable: false });
    yield text;
    yield paddingOf(text.length);
  }
  yield ZEROS.subarray(0, 2 * BLOCK);
}

/** Why an entry is not in the archive, as a part of a sentence; null where it is. What is not is read no further. */
async function whyNot(entry: Exclude<TreeEntry, { kind: 'folder' }>, room: number): Promise<string | null> {
  if (entry.kind === 'left_out') return entry.why;
  if (entry.kind === 'link') return 'it is a link';
  const why =
    entry.linked === true
      ? 'it has a second name (hard link)'
      : entry.size > room
        ? 'the archive would be larger than it may be'
        : null;
  if (why !== null) await dropped(entry);
  return why;
}

async function dropped(entry: TreeEntry): Promise<void> {
  if (entry.kind === 'file') await entry.stream.cancel();
}

/** As many bytes as the header says. False where the file had fewer: zeros stand for the rest. */
async function* content({
  size,
  stream,
}: {
  size: number;
  stream: ReadableStream<Uint8Array>;
}): AsyncGenerator<Uint8Array, boolean> {
  const reader = stream.getReader();
  let written = 0;
  try {
    while (written < size) {
      // What breaks here is the file, not the archive.
      const next = await reader.read().catch(() => undefined);
      if (next === undefined || next.done) break;
      const piece = next.value.subarray(0, size - written);
      written += piece.length;
      yield piece;
    }
  } finally {
    // Also where the reader of the archive has left.
    await reader.cancel().catch(() => undefined);
  }
  for (let left = size - written; left > 0; left -= ZEROS.length) {
    yield ZEROS.subarray(0, Math.min(left, ZEROS.length));
  }
  yield paddingOf(size);
  return written === size;
}

function header(
  type: TarHeader['type'],
  path: string,
  modifiedAt: number,
  file: { size: number; executable: boolean } = { size: 0, executable: type === 'folder' },
): Uint8Array {
  const mode = file.executable ? 0o755 : 0o644;
  return headerBlocks({ type, path, size: file.size, mode, mtime: modifiedAt / 1000, target: '' });
}

function leftOutList() {
  const lines: string[] = [];
  let more = 0;
  return {
    /** One entry by its path, which is quoted: it may have line breaks in it. */
    add(path: string, why: string) {
      if (lines.length < MOST_NAMED) lines.push(`${JSON.stringify(path)}: ${why}.`);
      else more += 1;
    },
    note(sentence: string) {
      lines.push(sentence);
    },
    text(): string {
      if (lines.length === 0) return '';
      const rest = more > 0 ? [`And ${more} more.`] : [];
      return `${['Left out of this archive:', ...lines, ...rest].join('\n')}\n`;
    },
  };
}
