/**
 * What the invocations of one isolate share. Only numbers and words: a connection, a stream or a promise belongs to the
 * invocation that made it, and no other one may wait for it.
 *
 * An invocation whose client has gone can end without a word: not even `finally` runs. So what it holds counts for a time
 * at most.
 */
import { type ByteBudget, byteBudget } from '@tinyfat/core';
import { eventStreams } from '../api/create-api.ts';
import type { Semaphore } from '../http/semaphore.ts';

export interface Isolate {
  /** Bytes of all requests and mails in memory. */
  budget: ByteBudget;
  /** Event streams that are open. */
  streams: Semaphore;
  /** What checks found last, by their names. */
  checked: Map<string, { at: number; found: string | null }>;
}

const MEGABYTE = 1024 * 1024;
/** Half of what an isolate has: what is made of a body while it is parsed takes as much again. */
const HELD_BYTES = 56 * MEGABYTE;
/** Of one client's network. The largest webhook has 22 MiB. */
export const HELD_BYTES_OF_CLIENT = 40 * MEGABYTE;

/** Longer than any stream of events, and than any body may take to come and be worked on; ms. */
const STREAM_MS = 70_000;
const REQUEST_MS = 180_000;

export function openIsolate(now: () => number = Date.now): Isolate {
  const held = new Set<{ until: number; release: () => void }>();
  const dropGone = () => {
    for (const one of held) {
      if (one.until > now()) continue;
      held.delete(one);
      one.release();
    }
  };
  const hold = (release: () => void, ms: number) => {
    const one = { until: now() + ms, release };
    held.add(one);
    return () => {
      held.delete(one);
      release();
    };
  };
  const bytes = byteBudget(HELD_BYTES);
  const streams = eventStreams();
  return {
    budget: {
      ...bytes,
      open(...shares) {
        dropGone();
        const reservation = bytes.open(...shares);
        return { ...reservation, release: hold(reservation.release, REQUEST_MS) };
      },
    },
    streams: {
      acquire(party) {
        dropGone();
        const release = streams.acquire(party);
        return release && hold(release, STREAM_MS);
      },
    },
    checked: new Map(),
  };
}
