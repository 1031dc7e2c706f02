/** Content that goes to R2 as a stream, of whose length the runtime has to know. */
import { badDigest } from '../bucket/body.ts';
import type { StreamedContent } from '../bucket/bucket.ts';

/** A global of the Workers runtime (developers.cloudflare.com/workers/runtime-apis/streams/transformstream). */
declare const FixedLengthStream: new <Stream>(
  size: number,
) => {
  readable: Stream;
  writable: {
    getWriter(): {
      write(piece: Uint8Array): Promise<void>;
      close(): Promise<void>;
      abort(reason: unknown): Promise<void>;
    };
  };
};

/** Gives `use` a stream of the content. Rejects as `use` does, or as the source, or with `BadDigest` where its size is another. */
export async function fromStream<Stream, Answer>(
  content: StreamedContent,
  use: (stream: Stream) => Promise<Answer>,
): Promise<Answer> {
  const reader = (await content.open()).getReader();
  const { readable, writable } = new FixedLengthStream<Stream>(content.size);
  const writer = writable.getWriter();
  let broken: { error: unknown } | null = null;
  const copy = async () => {
    let left = content.size;
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      left -= next.value.length;
      if (left < 0) throw badDigest();
      await writer.write(next.value);
    }
    if (left > 0) throw badDigest();
    await writer.close();
  };
  const copied = copy().catch(async (error: unknown) => {
    broken ??= { error };
    await writer.abort(error).catch(() => undefined);
  });
  const failed = (error: unknown) => {
    throw broken === null ? error : broken.error;
  };
  try {
    return await use(readable).catch(failed);
  } finally {
    // Where the answer came before all was read, nothing more is.
    await reader.cancel().catch(() => undefined);
    await writer.abort(new Error('it was answered')).catch(() => undefined);
    await copied;
  }
}
