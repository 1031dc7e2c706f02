/**
 * An open file as a stream that reads as its consumer asks: no more than one piece is in memory, and the bytes come from
 * the file that was checked, also when its name leads to another one meanwhile.
 */
import { closeSync, read } from 'node:fs';
import { promisify } from 'node:util';
import type { ByteStream } from '@tinyfat/core';

const PIECE_BYTES = 64 * 1024;
const readPiece = promisify(read);

/** The first `size` bytes of the file; takes its descriptor. An error where the file has become shorter by then. */
export function streamFile(fd: number, size: number): ByteStream {
  let at = 0;
  let reading: Promise<unknown> = Promise.resolve();
  let isOpen = true;
  const close = () => {
    if (isOpen) closeSync(fd);
    isOpen = false;
  };
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          if (at < size) {
            const piece = new Uint8Array(Math.min(PIECE_BYTES, size - at));
            const next = readPiece(fd, piece, 0, piece.length, at);
            reading = next.catch(() => undefined);
            const { bytesRead } = await next;
            if (bytesRead === 0) throw new Error('the file became shorter while it was read');
            at += bytesRead;
            controller.enqueue(piece.subarray(0, bytesRead));
          }
          if (at === size) {
            close();
            controller.close();
          }
        } catch (error) {
          close();
          controller.error(error);
        }
      },
      async cancel() {
        // Closed under a read that is on its way, the number could by then be that of another file.
        await reading;
        close();
      },
    },
    { highWaterMark: 0 },
  );
  return { size, stream };
}
