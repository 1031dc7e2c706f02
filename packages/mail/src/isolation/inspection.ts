/**
 * Where a message is inspected, and what follows when that fails. Invariants: a message that takes its time or its
 * memory holds up at most those of its own size; nothing but what a message did while it was alone refuses it; and
 * what went wrong without its doing is temporary.
 */
import type { Inspection } from '@tinyfat/core';
import type { Called, Failure } from './outcome.ts';

/** `small` and `large`: among others, of this size; `alone`: with nothing beside it. */
export type InspectionPlace = 'small' | 'large' | 'alone';

/** What most mails without attachments stay below. So much takes no more than tenths of a second of the processor. */
const SMALL_BYTES = 128 * 1024;
/** In company, and twice alone. */
const CALLS = 3;

/**
 * Inspects a message of so many bytes; `call` runs it in a place. Rejects where the places failed without its doing:
 * the message is to be taken later.
 */
export async function inspectIn(
  bytes: number,
  call: (place: InspectionPlace) => Promise<Called<Inspection>>,
): Promise<Inspection> {
  let called = await call(bytes <= SMALL_BYTES ? 'small' : 'large');
  let deaths = 0;
  for (let calls = 1; !called.ok; calls += 1) {
    if (called.alone && (called.code === 'memory' || called.code === 'died')) deaths += 1;
    const verdict = called.alone ? verdictOf(called, deaths) : null;
    if (verdict !== null) return verdict;
    if (calls === CALLS) throw new Error(`The message could not be looked at: ${called.reason}`);
    called = await call('alone');
  }
  return called.answer;
}

/** What a message is refused for, or put off, after it failed alone; null where it is tried again. */
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
        : {
            ok: false,
            code: 'too_complex',
            reason: `What looked at this message alone ended twice: ${reason}`,
          };
    case 'not_begun':
      return null;
  }
}
