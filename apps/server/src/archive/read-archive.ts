/** Reads a tar archive that a stranger may have made: only what this program writes, in order, one piece in memory. */
import { createHash } from 'node:crypto';
import { readTar, type TarHeader } from '@tinyfat/storage/tar';
import type { EntryHead } from './write-archive.ts';

/** One entry. What is not read of its content is skipped. */
export interface ArchiveEntry {
  /** As in the archive, without a slash at its end. */
  path: string;
  head: EntryHead;
  content: AsyncIterable<Uint8Array>;
  /** Of the content, hex; known once that was read to its end. */
  sha256(): string;
}

/** The entries of an archive whose bytes come from `source`, up to its end. Throws an ArchiveError. */
export async function* readArchive(source: AsyncIterable<Uint8Array>): AsyncGenerator<ArchiveEntry> {
  for await (const { header, content } of readTar(source)) {
    const hash = createHash('sha256');
    let digest: string | null = null;
    const hashed = (async function* () {
      for await (const piece of content) {
        hash.update(piece);
        yield piece;
      }
      digest = hash.digest('hex');
    })();
    yield {
      path: header.path.replace(/\/$/, ''),
      head: headOf(header),
      content: hashed,
      sha256: () => digest ?? '',
    };
    if (digest === null) for await (const _ of hashed);
  }
}

function headOf({ type, mode, mtime, size, target }: TarHeader): EntryHead {
  const modifiedAt = mtime * 1000;
  if (type === 'file') return { kind: type, modifiedAt, executable: (mode & 0o100) !== 0, size };
  return type === 'link' ? { kind: type, modifiedAt, target } : { kind: 'folder', modifiedAt };
}
