/**
 * What the invocations of one isolate share. Only numbers and words: a connection, a stream or a promise belongs to the
 * invocation that made it, and no other one may wait for it.
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

export function openIsolate(): Isolate {
  return { budget: byteBudget(HELD_BYTES), streams: eventStreams(), checked: new Map() };
}
