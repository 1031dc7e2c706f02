/**
 * Who may work in this isolate now. Invariants: what works at once has no more bytes than `maxBytes`, unless it is one
 * call; beside a call that is alone there is none, before its end; and those who wait go in as they came.
 *
 * An invocation of a Worker whose caller has gone is ended without a word: not even `finally` runs. So a call counts for
 * `holdMs` at most, and one that waits must keep asking. Nobody waits for a promise of another invocation.
 */
import type { Admission } from './mail-binding.ts';

/** Times in ms. */
export interface GateOptions {
  maxBytes: number;
  maxCalls: number;
  /** How long a call waits for its turn. */
  waitMs: number;
  /** Longer than any call may take. */
  holdMs: number;
  /** The clock, ms from any beginning. */
  now(): number;
  sleep(ms: number): Promise<unknown>;
}

export interface IsolateGate {
  /** Waits for its turn: what gives the place back, or null where none came in time. */
  enter(admission: Admission): Promise<(() => void) | null>;
}

interface Inside extends Admission {
  until: number;
}

const ASK_AGAIN_MS = 20;
/** So many times asking again: who has not asked for so long is gone. */
const GONE_AFTER = 50;

export function isolateGate(options: GateOptions): IsolateGate {
  const { maxBytes, maxCalls, waitMs, holdMs, now, sleep } = options;
  const inside = new Set<Inside>();
  const waiting: { askedAt: number }[] = [];

  function hasRoom({ bytes, alone }: Admission): boolean {
    const calls = [...inside];
    if (calls.length === 0) return true;
    if (alone || calls.length >= maxCalls || calls.some((call) => call.alone)) return false;
    return calls.reduce((sum, call) => sum + call.bytes, bytes) <= maxBytes;
  }

  function dropGone(): void {
    for (const call of inside) if (call.until <= now()) inside.delete(call);
    const gone = now() - ASK_AGAIN_MS * GONE_AFTER;
    for (const call of waiting.filter(({ askedAt }) => askedAt < gone)) leaveQueue(call);
  }

  function leaveQueue(call: { askedAt: number }): void {
    const at = waiting.indexOf(call);
    if (at !== -1) waiting.splice(at, 1);
  }

  return {
    async enter(admission) {
      const own = { askedAt: now() };
      const endsAt = own.askedAt + waitMs;
      waiting.push(own);
      try {
        for (;;) {
          own.askedAt = now();
          dropGone();
          if (waiting[0] === own && hasRoom(admission)) break;
          if (now() >= endsAt) return null;
          await sleep(ASK_AGAIN_MS);
          // One that slept so long that it was taken for gone waits at the end again.
          if (!waiting.includes(own)) waiting.push(own);
        }
      } finally {
        leaveQueue(own);
      }
      const call: Inside = { ...admission, until: now() + holdMs };
      inside.add(call);
      return () => inside.delete(call);
    },
  };
}
