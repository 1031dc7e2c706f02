/** Bytes that are made as they are read, as a stream. */

/**
 * Reads `source` as its consumer asks. `end` is called once, when it is over: read to its end, broken, left by its consumer,
 * or `signal` aborted.
 */
export function asStream(
  source: AsyncGenerator<Uint8Array, void>,
  signal: AbortSignal,
  end: () => void,
): ReadableStream<Uint8Array> {
  let isOver = false;
  const over = () => {
    if (!isOver) end();
    isOver = true;
  };
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          signal.throwIfAborted();
          const next = await nextPiece(source);
          if (next !== null) return controller.enqueue(next);
          over();
          controller.close();
        } catch (error) {
          over();
          await source.return().catch(() => undefined);
          controller.error(error);
        }
      },
      async cancel() {
        over();
        await source.return();
      },
    },
    { highWaterMark: 0 },
  );
}

/** The next piece that has something in it; null at the end. */
async function nextPiece(source: AsyncGenerator<Uint8Array, void>): Promise<Uint8Array | null> {
  for (;;) {
    const next = await source.next();
    if (next.done) return null;
    if (next.value.length > 0) return next.value;
  }
}
