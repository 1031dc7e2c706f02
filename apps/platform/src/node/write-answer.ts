/**
 * Writes an answer as fast as its client reads. Invariants: at most one piece of it and the socket's buffer are in memory
 * beside its source; a client that reads nothing for a while is cut off.
 */
import type { ServerResponse } from 'node:http';
import type { ByteReservation } from '@tinyfat/core';

/** How it ended. `over_budget`: if no head was sent, the connection still takes another answer. */
export type Written = 'sent' | 'left' | 'stalled' | 'over_budget';

interface WriteBounds {
  /** Where the bytes of a large answer are counted. */
  reservation: ByteReservation;
  /** Ms in which a client must take what it was given, 64 KiB at most. */
  stallMs: number;
}

const PIECE_BYTES = 64 * 1024;
/** Smaller pieces are not counted: a refusal and a heartbeat must get through when nothing else does. */
const UNCOUNTED_BYTES = 16 * 1024;

/** Writes it to its end. Rejects as the body of the answer does; then the head may have been sent. */
export async function writeAnswer(
  answer: Response,
  to: ServerResponse,
  { reservation, stallMs }: WriteBounds,
): Promise<Written> {
  const reader = to.req.method === 'HEAD' ? undefined : answer.body?.getReader();
  if (!reader) await answer.body?.cancel();
  const leave = () => void reader?.cancel().catch(() => undefined);
  to.once('close', leave);
  let counted = 0;
  const fits = ({ length }: Uint8Array) => {
    if (length <= UNCOUNTED_BYTES || length <= counted) return true;
    if (!reservation.take(length - counted)) return false;
    counted = length;
    return true;
  };
  try {
    if (to.destroyed) return 'left';
    let next = await reader?.read();
    if (next?.value && !fits(next.value)) return 'over_budget';
    if (to.destroyed) return 'left';
    to.writeHead(answer.status, headersOf(answer.headers));
    for (; reader && next && !next.done; next = await reader.read()) {
      if (!fits(next.value)) return cutOff(to, 'over_budget');
      for (let at = 0; at < next.value.length; at += PIECE_BYTES) {
        if (to.write(next.value.subarray(at, at + PIECE_BYTES))) continue;
        const outcome = await passed(to, 'drain', stallMs);
        if (outcome !== 'sent') return cutOff(to, outcome);
      }
    }
    if (to.destroyed) return 'left';
    to.end();
    const outcome = to.writableFinished ? 'sent' : await passed(to, 'finish', stallMs);
    return outcome === 'sent' ? 'sent' : cutOff(to, outcome);
  } finally {
    leave();
  }
}

function cutOff(to: ServerResponse, why: Written): Written {
  to.destroy();
  return why;
}

/** Waits at most `ms` for the event. */
function passed(to: ServerResponse, event: 'drain' | 'finish', ms: number): Promise<Written> {
  return new Promise((resolve) => {
    const end = (outcome: Written) => {
      clearTimeout(timer);
      to.off(event, onEvent);
      to.off('close', onClose);
      resolve(outcome);
    };
    const onEvent = () => end('sent');
    const onClose = () => end('left');
    const timer = setTimeout(end, ms, 'stalled');
    to.once(event, onEvent);
    to.once('close', onClose);
    if (to.destroyed) end('left');
  });
}

function headersOf(headers: Headers): Record<string, string | string[]> {
  const cookies = headers.getSetCookie();
  return { ...Object.fromEntries(headers), ...(cookies.length > 0 ? { 'set-cookie': cookies } : {}) };
}
