import type { IncomingMessage } from 'node:http';
import { type BodyFeed, heldBodyFeed, tooLarge } from '../llm/request-body.ts';
import { type RequestCost, readRequest } from './read-request.ts';

/** A body that was read to its end before anything of it goes on; or why not. `gone`: the sandbox hung up. */
export type HeldBody =
  | { kind: 'held'; body: BodyFeed; cost: RequestCost }
  | { kind: 'too_large'; reason: string }
  | { kind: 'no_room' }
  | { kind: 'gone' };

/** Memory that the bodies of one run share. */
export interface HeldRoom {
  /** Takes bytes; false when there are not so many left. */
  take(bytes: number): boolean;
  giveBack(bytes: number): void;
}

/** Makes the room of a run. */
export function heldRoom(limit: number): HeldRoom {
  let free = limit;
  return {
    take(bytes) {
      if (bytes > free) return false;
      free -= bytes;
      return true;
    },
    giveBack(bytes) {
      free += bytes;
    },
  };
}

/** Reads a body into memory and what it may cost. What is too much is read on, to be thrown away. */
export function holdBody(request: IncomingMessage, limit: number, room: HeldRoom): Promise<HeldBody> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const reader = readRequest();
    let bytes = 0;
    let over = false;

    function end(result: HeldBody): void {
      if (over) return;
      over = true;
      if (result.kind !== 'held') room.giveBack(bytes);
      request.off('data', onData);
      request.resume();
      resolve(result);
    }

    function onData(chunk: Buffer): void {
      if (bytes + chunk.length > limit) {
        end({ kind: 'too_large', reason: tooLarge(limit) });
      } else if (!room.take(chunk.length)) {
        end({ kind: 'no_room' });
      } else {
        bytes += chunk.length;
        chunks.push(chunk);
        reader.push(chunk);
      }
    }

    request.on('data', onData);
    request.once('end', () => {
      const body = over ? null : heldBodyFeed(chunks, () => room.giveBack(bytes));
      if (body) end({ kind: 'held', body, cost: reader.end() });
    });
    request.once('close', () => end({ kind: 'gone' }));
  });
}
