/**
 * Files of agents' outboxes. The usual one is small and bounded in depth and values, so it is done in a millisecond
 * where it is; a large one goes to a thread, where it holds nobody up.
 */
import { outboxRecord, parseOutboxMail } from '@tinyfat/core';
import type { MailWorkers } from '../contract.ts';
import type { Lane } from './lanes.ts';

/** The largest file that the main thread looks at itself, bytes. */
const SMALL_BYTES = 100_000;

/** Both operations over a lane with one call a thread. */
export function outboxWork(
  lane: Lane,
  deadlineMs: number,
): Pick<MailWorkers, 'checkOutbox' | 'recordOutbox'> {
  return {
    async checkOutbox(raw) {
      if (raw.length <= SMALL_BYTES) return parseOutboxMail(new TextDecoder().decode(raw));
      const called = await lane.call(deadlineMs, () => ({ operation: 'check-outbox', raw: copy(raw) }));
      if (called.ok && called.answer.operation === 'check-outbox') return called.answer.result;
      const reason = called.ok ? '' : ` (${called.reason})`;
      return { ok: false, code: 'outbox_invalid', reason: `The file could not be read${reason}.` };
    },

    async recordOutbox(source, result, fallback) {
      if (source === null || source.raw.length <= SMALL_BYTES) return outboxRecord(source, result, fallback);
      const { mark, raw } = source;
      const record = { result, fallback };
      const called = await lane.call(deadlineMs, () => ({
        operation: 'record-outbox',
        raw: copy(raw),
        mark,
        record,
      }));
      if (called.ok && called.answer.operation === 'record-outbox') return called.answer.result;
      return { ...outboxRecord(null, result, fallback), whole: false };
    },
  };
}

/** A copy of its own, because the buffer is handed over to the thread. */
function copy(raw: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(raw);
}
