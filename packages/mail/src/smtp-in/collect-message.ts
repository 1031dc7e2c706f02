/**
 * Takes the bytes of DATA off the wire. Holds at most the size limit of one message and a share of all;
 * what goes beyond is read and dropped, so that the client gets its answer.
 */
import type { SMTPServerDataStream } from 'smtp-server';

/** Bytes of unfinished messages of all connections. */
export interface BufferBudget {
  used: number;
  readonly limit: number;
}

export type Collected =
  | { state: 'complete'; raw: Buffer }
  | { state: 'too_large' }
  | { state: 'no_room' }
  /** The client went away or sent without end; there is nobody to answer. */
  | { state: 'gone' };

/** Resolves at the end of the data. `onFlood` is called once if a client sends twice the limit. */
export function collectMessage(
  stream: SMTPServerDataStream,
  maxBytes: number,
  budget: BufferBudget,
  onFlood: () => void,
): Promise<Collected> {
  const { promise, resolve } = Promise.withResolvers<Collected>();
  let chunks: Buffer[] = [];
  let held = 0;
  let received = 0;
  let excess: 'too_large' | 'no_room' | null = null;

  function drop(): void {
    budget.used -= held;
    held = 0;
    chunks = [];
  }
  stream.on('data', (chunk: Buffer) => {
    const flooding = received > maxBytes * 2;
    received += chunk.length;
    if (!flooding && received > maxBytes * 2) onFlood();
    if (excess === null && received > maxBytes) excess = 'too_large';
    if (excess === null && budget.used + chunk.length > budget.limit) excess = 'no_room';
    if (excess !== null) return drop();
    budget.used += chunk.length;
    held += chunk.length;
    chunks.push(chunk);
  });
  stream.once('end', () => {
    const raw = Buffer.concat(chunks);
    drop();
    resolve(excess === null ? { state: 'complete', raw } : { state: excess });
  });
  stream.once('error', () => {
    drop();
    resolve({ state: 'gone' });
  });
  stream.once('close', () => {
    drop();
    resolve({ state: 'gone' });
  });
  return promise;
}
