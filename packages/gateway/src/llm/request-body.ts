import type { ClientRequest, IncomingMessage } from 'node:http';

/** Up to this size a body is kept until the answer begins, so that it can be sent once more. */
const REPLAY_BYTES = 1024 * 1024;

/** Feeds one request body to the upstream request of the moment. */
export interface BodyFeed {
  /** Sends what came so far and all that follows to this request. */
  feed(target: ClientRequest): void;
  /** True while everything that came is still kept. */
  replayable(): boolean;
  /** Stops keeping: an answer came, so nothing will be sent again. */
  forget(): void;
  /** Stops feeding; what still comes is read and thrown away. */
  discard(): void;
}

/** Streams a body with backpressure; past `limit` bytes it stops feeding and calls `onTooLarge` once, with the reason. */
export function createBodyFeed(
  request: IncomingMessage,
  limit: number,
  onTooLarge: (reason: string) => void,
): BodyFeed {
  let target: ClientRequest | null = null;
  let kept: Buffer[] | null = [];
  let bytes = 0;
  let ended = false;

  function onData(chunk: Buffer): void {
    bytes += chunk.length;
    if (bytes > REPLAY_BYTES) kept = null;
    kept?.push(chunk);
    if (bytes > limit) {
      discard();
      onTooLarge(tooLarge(limit));
    } else if (target !== null && !target.write(chunk)) {
      request.pause();
      target.once('drain', () => request.resume());
    }
  }

  function discard(): void {
    target = null;
    kept = null;
    request.off('data', onData);
    request.resume();
  }

  request.on('data', onData);
  request.on('end', () => {
    ended = true;
    target?.end();
  });

  return {
    feed(next) {
      target = next;
      for (const chunk of kept ?? []) next.write(chunk);
      if (ended) next.end();
      else request.resume();
    },
    replayable: () => kept !== null,
    forget() {
      kept = null;
    },
    discard,
  };
}

/** Why a body of more than `limit` bytes is not taken. */
export function tooLarge(limit: number): string {
  return `the request is over ${limit} bytes`;
}

/** Feeds a body that is here already; `onDone` is called once, when it is needed no more. */
export function heldBodyFeed(chunks: readonly Buffer[], onDone: () => void): BodyFeed {
  let kept: readonly Buffer[] | null = chunks;
  function forget(): void {
    if (kept !== null) onDone();
    kept = null;
  }
  return {
    feed(target) {
      for (const chunk of kept ?? []) target.write(chunk);
      target.end();
    },
    replayable: () => kept !== null,
    forget,
    discard: forget,
  };
}
