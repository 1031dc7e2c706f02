/**
 * Reads a tar archive that a stranger may have made: in order, one piece in memory, and strictly (see `format.ts`). It is not
 * compressed, so nothing in it is larger than what was read of it.
 */
import {
  ArchiveError,
  BLOCK,
  damaged,
  MAX_RECORDS_BYTES,
  readHeader,
  readRecords,
  type TarHeader,
} from './format.ts';
import { joinBytes } from './join-bytes.ts';

/** One entry. What is not read of its content is skipped when the next one is asked for. */
export interface TarEntry {
  /** As it says; the path of a folder may end with a slash. */
  header: TarHeader;
  content: AsyncIterable<Uint8Array>;
}

/** The entries of an archive whose bytes come from `source`, up to its end. Throws an ArchiveError, or as the source does. */
export async function* readTar(source: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry> {
  const bytes = byteReader(source);
  try {
    refuseOtherKinds(await bytes.upTo(BLOCK));
    for (;;) {
      const header = await nextHeader(bytes);
      if (header === null) return;
      let isRead = false;
      const content = (async function* () {
        yield* bytes.stream(header.size);
        isRead = true;
        await bytes.exactly((BLOCK - (header.size % BLOCK)) % BLOCK);
      })();
      yield { header, content };
      if (!isRead) for await (const _ of content);
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
  const named = readHeader(await bytes.exactly(BLOCK), readRecords(records));
  if (named === null || named.type === 'records') throw damaged('a name without its entry');
  return checked(named);
}

function checked(header: TarHeader): TarHeader {
  if (header.type !== 'file' && header.size !== 0) throw damaged('a folder or link has a content');
  return header;
}

/** Throws for what is no tar archive, by its first block, which stays to be read. */
function refuseOtherKinds(first: Uint8Array): void {
  const startsWith = (text: string, at: number) =>
    [...text].every((letter, index) => first[at + index] === letter.charCodeAt(0));
  if (first.length === BLOCK && (startsWith('ustar', 257) || first.every((byte) => byte === 0))) return;
  const isGzip = startsWith('\x1f\x8b', 0);
  const isZstd = startsWith('(\xb5/\xfd', 0);
  throw new ArchiveError(
    isGzip || isZstd
      ? `The file is compressed. Unpack it first: ${isGzip ? 'gunzip' : 'unzstd'} FILE`
      : 'The file is no archive of tinyfat.',
  );
}

interface ByteReader {
  /** The next bytes without taking them; fewer where the source ends. */
  upTo(length: number): Promise<Uint8Array>;
  /** Throws where the source ends before. */
  exactly(length: number): Promise<Uint8Array>;
  stream(length: number): AsyncGenerator<Uint8Array>;
  close(): Promise<void>;
}

function byteReader(source: AsyncIterable<Uint8Array>): ByteReader {
  const pieces = source[Symbol.asyncIterator]();
  let rest: Uint8Array = new Uint8Array();
  const more = async (): Promise<boolean> => {
    const next = await pieces.next();
    if (next.done) return false;
    rest = rest.length === 0 ? next.value : joinBytes([rest, next.value]);
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
