/**
 * Which thread inspects a message, and what follows when that fails. Invariants: a message that takes its time or its
 * memory holds up at most those of its own size; nothing but what a message did in a thread of its own refuses it; and
 * what went wrong without its doing is temporary.
 */
import type { Inspection } from '@tinyfat/core';
import type { Called, Failure } from './thread.ts';
import type { ThreadPool } from './thread-pool.ts';

/** `small` and `large` inspect many messages at once in a thread, `alone` one. */
export interface InspectionPools {
  small: ThreadPool;
  large: ThreadPool;
  alone: ThreadPool;
}

/** What most mails without attachments stay below. So much takes no more than tenths of a second of the processor. */
const SMALL_BYTES = 128 * 1024;
/** In company, and twice alone. */
const CALLS = 3;

/**
 * Inspects a message of so many bytes; `call` runs it in a pool. Rejects where the threads failed without its doing:
 * the message is to be taken later.
 */
export async function inspectIn(
  pools: InspectionPools,
  bytes: number,
  call: (pool: ThreadPool) => Promise<Called<Inspection>>,
): Promise<Inspection> {
  let called = await call(bytes <= SMALL_BYTES ? pools.small : pools.large);
  let deaths = 0;
  for (let calls = 1; !called.ok; calls += 1) {
    if (called.alone && (called.code === 'memory' || called.code === 'died')) deaths += 1;
    const verdict = called.alone ? verdictOf(called, deaths) : null;
    if (verdict !== null) return verdict;
    if (calls === CALLS) throw new Error(`No thread could look at the message: ${called.reason}`);
    called = await call(pools.alone);
  }
  return called.answer;
}

/** What a message is refused for, or put off, after it failed in a thread of its own; null where it is tried again. */
function verdictOf({ code, reason }: Failure, deaths: number): Inspection | null {
  switch (code) {
    case 'processor':
      return { ok: false, code: 'too_complex', reason: `${reason} The processor was busy with it.` };
    case 'threw':
      return { ok: false, code: 'unreadable', reason };
    case 'deadline':
      return { ok: false, code: 'deadline', reason };
    case 'memory':
    case 'died':
      return deaths < 2
        ? null
        : { ok: false, code: 'too_complex', reason: `Two threads ended over this message alone: ${reason}` };
    case 'not_begun':
      return null;
  }
}
