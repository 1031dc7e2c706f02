/**
 * Worker threads around the parsers of untrusted mail. Invariants: a call always ends, at the latest with
 * its deadlines; what a message does to its thread (endless loop, memory) changes the outcome of no other; the time
 * that a call waits for a thread does not count against it.
 *
 * The door and the turns have threads of their own, so that hostile mail holds up no answer. Looking at a mail at the
 * door is mostly waiting for the DNS, often for a server that never answers: mails are inspected many at a time, the
 * large ones, which can cost more, in other threads than the small ones (`inspection.ts`).
 *
 * The memory limit is the second line: V8 ends a thread at its limit, but the whole process when one
 * large allocation goes far beyond it. The first line is that no operation needs a third of the limit for
 * the largest message that it takes (prescan, parse-mime, html-body and compose bound what they parse).
 */
import { SIZE_LIMITS } from '@tinyfat/core';
import { checkDnsServers } from '../authenticate/lookups.ts';
import type { MailDns, MailWorkers } from '../contract.ts';
import { rawLimits } from '../inspect/raw-limits.ts';
import { inspectIn } from './inspection.ts';
import { type Lane, startLane } from './lanes.ts';
import { outboxWork } from './outbox-work.ts';
import type { LoadedPart, Task } from './tasks.ts';
import type { Failure, FailureCode } from './thread.ts';

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
  const inspections = {
    small: startLane({ threads, kept: 1, callsPerThread: TOGETHER, memoryMb }),
    large: startLane({ threads, kept: 0, callsPerThread: TOGETHER, memoryMb }),
    alone: startLane({ threads, kept: 0, callsPerThread: 1, memoryMb }),
  };
  const desk = startLane({ threads, kept: 1, callsPerThread: 1, memoryMb });

  const load = (lane: Lane, part: LoadedPart) =>
    lane.call(limits.readMs, () => ({ operation: 'load', part }));
  // One after the other, so that what the first mail needs first is there first, in the threads that stay.
  void load(inspections.small, 'inspect')
    .then(() => load(desk, 'read'))
    .then(() => load(desk, 'compose'));

  return {
    async inspect(raw, client, envelopeSender) {
      if (raw.length > rawLimits.bytes) return tooLarge;
      const dns = { servers: options.dns.servers, budgetMs: limits.dnsMs, lookups: limits.dnsLookups };
      const request = { client, envelopeSender, hostname: options.hostname, dns, authservIds };
      const task = (): Task => ({ operation: 'inspect', raw: copy(raw), request });
      return await inspectIn(inspections, raw.length, (lane) => lane.call(limits.inspectMs, task));
    },

    async read(raw) {
      if (raw.length > rawLimits.bytes) return tooLarge;
      const attempt = (plain: boolean) =>
        desk.call(limits.readMs, () => ({ operation: 'read', raw: copy(raw), plain }));
      const clever = await attempt(false);
      const called = !clever.ok && worthPlain(clever) ? await attempt(true) : clever;
      if (!called.ok) return { ok: false, code: readCodes[called.code], reason: called.reason };
      return called.answer.operation === 'read' ? called.answer.result : mismatch();
    },

    async readReport(raw) {
      if (raw.length > rawLimits.bytes) return null;
      const called = await inspections.alone.call(limits.readMs, () => ({
        operation: 'report',
        raw: copy(raw),
      }));
      if (!called.ok) return null;
      return called.answer.operation === 'report' ? called.answer.result : mismatch();
    },

    async compose(mail) {
      const attempt = (plain: boolean) =>
        desk.call(limits.composeMs, () => ({ operation: 'compose', mail, plain }));
      const rendered = await attempt(false);
      const called = !rendered.ok && worthPlain(rendered) ? await attempt(true) : rendered;
      if (!called.ok) return { ok: false, reason: called.reason };
      return called.answer.operation === 'compose' ? called.answer.result : mismatch();
    },

    ...outboxWork(desk, limits.readMs),

    async close() {
      await Promise.all([...Object.values(inspections), desk].map((lane) => lane.close()));
    },
  };
}

const tooLarge = {
  ok: false,
  code: 'too_large',
  reason: `The message is too large: ${SIZE_LIMITS}.`,
} as const;

/** What has no plain form fails in any; all else may be mended by doing less, or by another thread. */
function worthPlain({ code }: Failure): boolean {
  return code !== 'threw';
}

/** What the failure of a thread says about reading; `interrupted` is worth another try later. */
const readCodes: Record<FailureCode, string> = {
  processor: 'deadline',
  deadline: 'deadline',
  memory: 'too_complex',
  died: 'interrupted',
  threw: 'unreadable',
  not_begun: 'interrupted',
};

function mismatch(): never {
  throw new Error('A mail worker answered another question than it was asked.');
}

/** A copy of its own, because the buffer is handed over to the thread. */
function copy(raw: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(raw);
}
