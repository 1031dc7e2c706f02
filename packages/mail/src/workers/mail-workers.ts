/**
 * Worker threads around the parsers of untrusted mail. Invariants: a call always ends, at the latest with
 * its deadlines; what a message does to its thread (endless loop, memory) changes the outcome of no other; the time
 * that a call waits for a thread does not count against it.
 *
 * The door and the turns have threads of their own, so that hostile mail holds up no answer. Looking at a mail at the
 * door is mostly waiting for the DNS, often for a server that never answers: mails are inspected many at a
 * time, and one that fails there is inspected once more, alone, because it may have fallen with a neighbour.
 *
 * The memory limit is the second line: V8 ends a thread at its limit, but the whole process when one
 * large allocation goes far beyond it. The first line is that no operation needs a third of the limit for
 * the largest message that it takes (prescan, parse-mime, html-body and compose bound what they parse).
 */
import { checkDnsServers } from '../authenticate/lookups.ts';
import type { ComposedMail, MailDns, MailWorkers, ReadMail } from '../contract.ts';
import { rawLimits } from '../inspect/prescan.ts';
import { type Lane, startLane } from './lanes.ts';
import { outboxWork } from './outbox-work.ts';
import type { LoadedPart, Task } from './tasks.ts';

/** Times in ms for one call, memory in MiB of JavaScript heap for one thread. */
export interface MailWorkerLimits {
  inspectMs: number;
  readMs: number;
  composeMs: number;
  memoryMb: number;
  /** All DNS lookups of one message together; must be less than `inspectMs`. */
  dnsMs: number;
  /** DNS lookups of one message. */
  dnsLookups: number;
}

export interface MailWorkersOptions {
  /** Threads of each kind at most, so calls at once that need the processor. */
  threads: number;
  dns: MailDns;
  /** Our own name, for the macros of SPF. */
  hostname: string;
  /** Whose Authentication-Results are believed in mail that a trusted client hands on (RFC 8601); none by default. */
  authservIds?: readonly string[];
  limits?: Partial<MailWorkerLimits>;
}

const defaults: MailWorkerLimits = {
  inspectMs: 10_000,
  readMs: 10_000,
  composeMs: 5_000,
  memoryMb: 1024,
  dnsMs: 6_000,
  dnsLookups: 100,
};

/** Inspections at once in one thread. */
const TOGETHER = 64;

/** Starts the threads. Throws on a DNS server that is not an address; all else is in the calls' outcomes. */
export function mailWorkers(options: MailWorkersOptions): MailWorkers {
  const limits = { ...defaults, ...options.limits };
  const { threads } = options;
  const authservIds = (options.authservIds ?? []).map((id) => id.toLowerCase());
  checkDnsServers(options.dns.servers);
  const { memoryMb } = limits;
  const door = startLane({ threads, kept: 1, callsPerThread: TOGETHER, memoryMb });
  const doorAlone = startLane({ threads, kept: 0, callsPerThread: 1, memoryMb });
  const desk = startLane({ threads, kept: 1, callsPerThread: 1, memoryMb });

  const load = (lane: Lane, part: LoadedPart) =>
    lane.call(limits.readMs, () => ({ operation: 'load', part }));
  // One after the other, so that what the first mail needs first is there first, in the threads that stay.
  void load(door, 'inspect')
    .then(() => load(desk, 'read'))
    .then(() => load(desk, 'compose'));

  return {
    async inspect(raw, client, envelopeSender) {
      if (raw.length > rawLimits.bytes) return tooLarge;
      const dns = { servers: options.dns.servers, budgetMs: limits.dnsMs, lookups: limits.dnsLookups };
      const request = { client, envelopeSender, hostname: options.hostname, dns, authservIds };
      const task = (): Task => ({ operation: 'inspect', raw: copy(raw), request });
      const together = await door.call(limits.inspectMs, task);
      const called = together.ok ? together : await doorAlone.call(limits.inspectMs, task);
      if (!called.ok) return called;
      return called.answer.operation === 'inspect' ? called.answer.result : mismatch();
    },

    async read(raw) {
      if (raw.length > rawLimits.bytes) return tooLarge;
      const attempt = async (plain: boolean): Promise<ReadMail> => {
        const called = await desk.call(limits.readMs, () => ({ operation: 'read', raw: copy(raw), plain }));
        if (!called.ok) return called;
        return called.answer.operation === 'read' ? called.answer.result : mismatch();
      };
      const clever = await attempt(false);
      return !clever.ok && worthPlain(clever.code) ? await attempt(true) : clever;
    },

    async readReport(raw) {
      if (raw.length > rawLimits.bytes) return null;
      const called = await doorAlone.call(limits.readMs, () => ({ operation: 'report', raw: copy(raw) }));
      if (!called.ok) return null;
      return called.answer.operation === 'report' ? called.answer.result : mismatch();
    },

    async compose(mail) {
      const attempt = async (plain: boolean): Promise<{ code: string; composed: ComposedMail }> => {
        const called = await desk.call(limits.composeMs, () => ({ operation: 'compose', mail, plain }));
        if (!called.ok) return { code: called.code, composed: { ok: false, reason: called.reason } };
        if (called.answer.operation !== 'compose') return mismatch();
        return { code: 'done', composed: called.answer.result };
      };
      const rendered = await attempt(false);
      return worthPlain(rendered.code) ? (await attempt(true)).composed : rendered.composed;
    },

    ...outboxWork(desk, limits.readMs),

    async close() {
      await Promise.all([door.close(), doorAlone.close(), desk.close()]);
    },
  };
}

const tooLarge = {
  ok: false,
  code: 'too_large',
  reason: `The message is larger than ${rawLimits.bytes} bytes.`,
} as const;

/** Only time and memory are saved by doing less; other failures would come again. */
function worthPlain(code: string): boolean {
  return code === 'deadline' || code === 'too_complex';
}

function mismatch(): never {
  throw new Error('A mail worker answered another question than it was asked.');
}

/** A copy of its own, because the buffer is handed over to the thread. */
function copy(raw: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(raw);
}
