import type { IncomingMessage } from 'node:http';

/** Of a stream between a run and the outside, bytes: what waits in it is bounded by this, not by its objects. */
export const STREAM_BYTES = 16 * 1024;

/**
 * The body of a message as a web stream, with backpressure. It errors where the body breaks off. `onCancel` is called when
 * its reader wants no more of it.
 */
export function messageBody(message: IncomingMessage, onCancel: () => void): ReadableStream<Uint8Array> {
  let open = true;
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const breakOff = (): void => {
          if (!open) return;
          open = false;
          controller.error(new Error('the body broke off'));
        };
        message.on('data', (chunk: Buffer) => {
          if (!open) return;
          controller.enqueue(chunk);
          if ((controller.desiredSize ?? 0) <= 0) message.pause();
        });
        message.once('end', () => {
          if (!open) return;
          open = false;
          controller.close();
        });
        message.on('error', breakOff);
        message.once('close', breakOff);
      },
      pull() {
        message.resume();
      },
      cancel() {
        open = false;
        onCancel();
      },
    },
    { highWaterMark: STREAM_BYTES, size: (chunk) => chunk?.length ?? 0 },
  );
}
