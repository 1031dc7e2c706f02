/**
 * Writes a tar archive (pax) piece by piece: nothing is held but the piece in hand. Each part of it has a hash over what
 * its entries are and hold, in order, by which a reader knows that it has all of them as they were written.
 */
import { createHash } from 'node:crypto';
import { BLOCK, headerBlocks } from '@tinyfat/storage/tar';

/** What an entry is, beside its path. `modifiedAt` is epoch ms. */
export type EntryHead =
  | { kind: 'folder'; modifiedAt: number }
  | { kind: 'file'; modifiedAt: number; executable: boolean; size: number }
  | { kind: 'link'; modifiedAt: number; target: string };

/** What was written of a part: files and their bytes, and a hash over all of its entries, hex. */
export interface PartSum {
  files: number;
  bytes: number;
  sha256: string;
}

/** A part that is being written or read. */
export interface PartHash {
  add(path: string, head: EntryHead, contentSha256: string): void;
  sum(): PartSum;
}

/** Begins the hash of a part; paths are those within the part. */
export function partHash(): PartHash {
  const hash = createHash('sha256');
  const sum = { files: 0, bytes: 0 };
  return {
    add(path, head, contentSha256) {
      const more =
        head.kind === 'file'
          ? [head.executable, head.size, contentSha256]
          : head.kind === 'link'
            ? [head.target]
            : [];
      hash.update(`${JSON.stringify([head.kind, path, ...more])}\n`);
      if (head.kind !== 'file') return;
      sum.files += 1;
      sum.bytes += head.size;
    },
    sum: () => ({ ...sum, sha256: hash.copy().digest('hex') }),
  };
}

/** Bytes that are at hand as content of an entry. */
export async function* inOnePiece(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** Takes bytes in order; resolves when more may come. */
export type ByteSink = (bytes: Uint8Array) => Promise<void>;

/** An archive in the making. Calls come one after the other. */
export interface ArchiveWriter {
  /**
   * Adds an entry below `folder`, a path in the archive, and counts it to the part. Of a file that turns out shorter than
   * it was the rest is zeros, and false is given.
   */
  add(
    folder: string,
    path: string,
    head: EntryHead,
    part: PartHash | null,
    content?: AsyncIterable<Uint8Array>,
  ): Promise<boolean>;
  /** Writes the end of the archive. */
  end(): Promise<void>;
}

/** Makes an archive that goes to `sink`. */
export function writeArchive(sink: ByteSink): ArchiveWriter {
  return {
    async add(folder, path, head, part, content) {
      await sink(headerOf(`${folder}${path}`, head));
      if (head.kind !== 'file') {
        part?.add(path, head, '');
        return true;
      }
      const hash = createHash('sha256');
      const out = async (bytes: Uint8Array) => {
        hash.update(bytes);
        await sink(bytes);
      };
      const written = await copyUpTo(head.size, content, out);
      for (let left = head.size - written; left > 0; left -= ZEROS.length) {
        await out(ZEROS.subarray(0, Math.min(left, ZEROS.length)));
      }
      if (head.size % BLOCK !== 0) await sink(ZEROS.subarray(0, BLOCK - (head.size % BLOCK)));
      part?.add(path, head, hash.digest('hex'));
      return written === head.size;
    },
    end: () => sink(ZEROS.subarray(0, 2 * BLOCK)),
  };
}

const ZEROS = new Uint8Array(64 * 1024);

/** How much of it there was; a source that breaks off has as much as it gave. */
async function copyUpTo(
  size: number,
  content: AsyncIterable<Uint8Array> | undefined,
  out: ByteSink,
): Promise<number> {
  let written = 0;
  const pieces = content?.[Symbol.asyncIterator]();
  for (;;) {
    // What breaks here is the source, not the archive.
    const next = await pieces?.next().catch(() => undefined);
    if (next === undefined || next.done) return written;
    const piece = next.value.subarray(0, size - written);
    await out(piece);
    written += piece.length;
    if (written === size) {
      await pieces?.return?.();
      return written;
    }
  }
}

function headerOf(path: string, head: EntryHead): Uint8Array {
  const isExecutable = head.kind === 'folder' || (head.kind === 'file' && head.executable);
  return headerBlocks({
    type: head.kind,
    path: head.kind === 'folder' ? `${path}/` : path,
    size: head.kind === 'file' ? head.size : 0,
    mode: isExecutable ? 0o755 : 0o644,
    mtime: head.modifiedAt / 1000,
    target: head.kind === 'link' ? head.target : '',
  });
}
