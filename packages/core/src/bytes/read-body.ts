/** The body of a request or an answer as bytes, read no further than its bounds allow. */
import type { ByteReservation } from './byte-budget.ts';
import { byteList } from './byte-list.ts';

/** What a body may take. */
interface BodyBounds {
  maxBytes: number;
  /** Ms from the first look to its end; absent: as long as it takes. */
  readMs?: number;
  /** Ms in which nothing at all comes. */
  idleMs?: number;
  /** Where its bytes are counted as they come. */
  reservation?: ByteReservation;
  /** Gets each chunk before it is added; false ends the reading as `busy`. */
  accept?: (chunk: Uint8Array) => boolean;
}

/** The bytes, or why there are none. `error` is what the stream said. */
export type BodyRead =
  | { ok: true; bytes: Uint8Array }
  | { ok: false; why: 'too_large' | 'busy' | 'late' }
  | { ok: false; why: 'broken'; error: unknown };

/** Reads it to its end. Never rejects. */
export async function readBody(
  body: ReadableStream<Uint8Array> | Uint8Array | null,
  { maxBytes, readMs, idleMs, reservation, accept }: BodyBounds,
): Promise<BodyRead> {
  if (body === null) return { ok: true, bytes: new Uint8Array() };
  const bytes = byteList();
  const take = (chunk: Uint8Array): 'too_large' | 'busy' | null => {
    if (bytes.length + chunk.length > maxBytes) return 'too_large';
    if (reservation && !reservation.take(chunk.length)) return 'busy';
    if (accept && !accept(chunk)) return 'busy';
    bytes.add(chunk);
    return null;
  };
  if (body instanceof Uint8Array) {
    const why = take(body);
    return why === null ? { ok: true, bytes: body } : { ok: false, why };
  }
  const reader = body.getReader();
  let stopped: 'too_large' | 'busy' | 'late' | null = null;
  const stop = (why: 'too_large' | 'busy' | 'late') => {
    stopped ??= why;
    // Ends a read that waits (Streams standard). Not waited for: a source may take its time to let go.
    void reader.cancel().catch(() => undefined);
  };
  const whole = readMs === undefined ? undefined : setTimeout(stop, readMs, 'late');
  let idle: ReturnType<typeof setTimeout> | undefined;
  try {
    for (;;) {
      idle = idleMs === undefined ? undefined : setTimeout(stop, idleMs, 'late');
      const next = await reader.read();
      clearTimeout(idle);
      if (stopped !== null) return { ok: false, why: stopped };
      if (next.done) return { ok: true, bytes: bytes.join() };
      const why = take(next.value);
      if (why !== null) stop(why);
    }
  } catch (error) {
    return stopped === null ? { ok: false, why: 'broken', error } : { ok: false, why: stopped };
  } finally {
    clearTimeout(whole);
    clearTimeout(idle);
  }
}
