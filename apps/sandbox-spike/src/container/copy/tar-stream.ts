/** An archive for tar(1) in the container, written as it is read: what is held of it are the pieces in hand. */
import { BLOCK, headerBlocks, joinBytes, paddingOf, type TarHeader } from '@tinyfat/storage/tar';

const CHUNK_BYTES = 64 * 1024;

/** One entry of it: its header, and a content of just that size. */
export type Packed = { header: TarHeader; content?: AsyncIterable<Uint8Array> | Uint8Array };

/** The archive as a stream. Once `entries` has thrown it breaks off, and `onError` gets what was thrown. */
export function tarStream(
  entries: AsyncIterable<Packed>,
  onError: (error: unknown) => void,
): ReadableStream<Uint8Array> {
  const chunks = inChunks(blocksOf(entries));
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const next = await chunks.next();
          if (next.done) controller.close();
          else controller.enqueue(next.value);
        } catch (error) {
          onError(error);
          controller.error(error);
        }
      },
      // Who takes it has ended: nothing more is read.
      cancel: async () => void (await chunks.return(undefined)),
    },
    { highWaterMark: 0 },
  );
}

async function* blocksOf(entries: AsyncIterable<Packed>): AsyncGenerator<Uint8Array> {
  for await (const { header, content } of entries) {
    yield headerBlocks(header);
    if (content instanceof Uint8Array) yield content;
    else if (content) yield* content;
    yield paddingOf(header.size);
  }
  yield new Uint8Array(2 * BLOCK);
}

/** Small pieces together, so that each crosses to the container with others. */
async function* inChunks(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let held: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of pieces) {
    held.push(piece);
    bytes += piece.length;
    if (bytes < CHUNK_BYTES) continue;
    yield joinBytes(held);
    held = [];
    bytes = 0;
  }
  if (bytes > 0) yield joinBytes(held);
}
