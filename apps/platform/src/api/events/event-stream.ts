/** Server-sent events (WHATWG HTML section 9.2): a stream that is read as fast as its client takes it. */

/** One frame. Data is JSON, so that no line break of it ends the frame. */
export function frame(data: unknown, fields: { id?: number; event?: 'end' } = {}): string {
  const id = fields.id === undefined ? '' : `id: ${fields.id}\n`;
  const event = fields.event === undefined ? '' : `event: ${fields.event}\n`;
  return `${id}${event}data: ${JSON.stringify(data)}\n\n`;
}

/** A comment that shows that the connection lives. */
export const HEARTBEAT = ': still here\n\n';

/** The stream of these frames. `stop` is called when they end, the client leaves, or an error occurs. */
export function eventStream(frames: AsyncGenerator<string>, stop: () => void): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    async pull(controller) {
      try {
        const next = await frames.next();
        if (!next.done) return controller.enqueue(encoder.encode(next.value));
        stop();
        controller.close();
      } catch (error) {
        stop();
        controller.error(error);
      }
    },
    cancel() {
      stop();
    },
  });
}

/** Waits so many milliseconds, or until the signal. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal.addEventListener('abort', end);
  });
}
