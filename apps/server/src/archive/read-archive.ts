/**
 * Reads a tar archive that a stranger may have made: only what this program writes, in order, one piece in memory. It is
 * not compressed, so nothing in it is larger than what was read of it.
 */
import { createHash } from 'node:crypto';
import {
  ArchiveError,
  BLOCK,
  damaged,
  MAX_RECORDS_BYTES,
  readHeader,
  type TarHeader,
  withRecords,
} from './tar-format.ts';
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
  const bytes = byteReader(source);
  try {
    refuseOtherKinds(await bytes.upTo(BLOCK));
    for (;;) {
      const header = await nextHeader(bytes);
      if (header === null) return;
      const hash = createHash('sha256');
      let digest: string | null = null;
      const content = (async function* () {
        for await (const piece of bytes.stream(header.size)) {
          hash.update(piece);
          yield piece;
        }
        digest = hash.digest('hex');
        await bytes.exactly((BLOCK - (header.size % BLOCK)) % BLOCK);
      })();
      yield {
        path: header.path.replace(/\/$/, ''),
        head: headOf(header),
        content,
        sha256: () => digest ?? '',
      };
      if (digest === null) for await (const _ of content);
    }
  } finally {
    await bytes.close();
  }
}

async function nextHeader(bytes: ByteReader): Promise<TarHeader | null> {
  const header = readHeader(await bytes.exactly(BLOCK));
  if (header === null) {
    if (readHeader(await bytes.exactly(BLOCK)) !== null) throw damaged('its end is none');
    return null;
  }
  if (header.type !== 'records') return checked(header);
  if (header.size > MAX_RECORDS_BYTES) throw damaged('a name is too long');
  const records = await bytes.exactly(header.size);
  await bytes.exactly((BLOCK - (header.size % BLOCK)) % BLOCK);
  const named = readHeader(await bytes.exactly(BLOCK));
  if (named === null || named.type === 'records') throw damaged('a name without its entry');
  return checked(withRecords(named, records));
}

function checked(header: TarHeader): TarHeader {
  if (header.type !== 'file' && header.size !== 0) throw damaged('a folder or link has a content');
  return header;
}

function headOf({ type, mode, mtime, size, target }: TarHeader): EntryHead {
  const modifiedAt = mtime * 1000;
  if (type === 'file') return { kind: type, modifiedAt, executable: (mode & 0o100) !== 0, size };
  return type === 'link' ? { kind: type, modifiedAt, target } : { kind: 'folder', modifiedAt };
}

/** Throws for what is no tar archive, by its first block, which stays to be read. */
function refuseOtherKinds(first: Buffer): void {
  if (first.length === BLOCK && first.toString('latin1', 257, 262) === 'ustar') return;
  const isGzip = first[0] === 0x1f && first[1] === 0x8b;
  const isZstd = first.toString('latin1', 0, 4) === '(\xb5/\xfd';
  throw new ArchiveError(
    isGzip || isZstd
      ? `The file is compressed. Unpack it first: ${isGzip ? 'gunzip' : 'unzstd'} FILE`
      : 'The file is no archive of tinyfat.',
  );
}

interface ByteReader {
  /** The next bytes without taking them; fewer where the source ends. */
  upTo(length: number): Promise<Buffer>;
  /** Throws where the source ends before. */
  exactly(length: number): Promise<Buffer>;
  stream(length: number): AsyncGenerator<Uint8Array>;
  close(): Promise<void>;
}

function byteReader(source: AsyncIterable<Uint8Array>): ByteReader {
  const pieces = source[Symbol.asyncIterator]();
  let rest: Buffer = Buffer.alloc(0);
  const more = async (): Promise<boolean> => {
    const next = await pieces.next();
    if (next.done) return false;
    const { value } = next;
    const piece = Buffer.from(value.buffer, value.byteOffset, value.length);
    rest = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    return true;
  };
  const upTo = async (length: number) => {
    while (rest.length < length && (await more()));
    return rest.subarray(0, length);
  };
  return {
    upTo,
    async exactly(length) {
      const bytes = await upTo(length);
      if (bytes.length < length) throw damaged('it ends too early');
      rest = rest.subarray(length);
      return bytes;
    },
    async *stream(length) {
      for (let left = length; left > 0; ) {
        if (rest.length === 0 && !(await more())) throw damaged('it ends too early');
        const piece = rest.subarray(0, left);
        rest = rest.subarray(piece.length);
        left -= piece.length;
        if (piece.length > 0) yield piece;
      }
    },
    close: async () => void (await pieces.return?.()),
  };
}
