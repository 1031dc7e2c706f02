/**
 * Worker threads around the parsers of untrusted mail. Invariants: a call always ends, at the latest with
 * its deadlines; what a message does to its thread (endless loop, memory) changes the outcome of no other; the time
 * that a call waits for a thread does not count against it.
 *
 * Intake and turns have threads of their own, so that hostile mail holds up no answer. To inspect a mail at intake is
 * mostly to wait for the DNS, often for a server that never answers: mails are inspected many at a time, the large ones,
 * which can cost more, in other threads than the small ones (`inspection.ts`).
 *
 * The memory limit is the second line: V8 ends a thread at its limit, but the whole process when one
 * large allocation goes far beyond it. The first line is that no operation needs a third of the limit for
 * the largest message that it takes (prescan, parse-mime, html-body and compose bound what they parse).
 */
import { outboxRecord, parseOutboxMail, SIZE_LIMITS } from '@tinyfat/core';
import { type SenderRequest, senderRule } from '../../authenticate/sender-rule.ts';
import type { MailWorkers } from '../../contract/mail.ts';
import { rawLimits } from '../../mime/raw-limits.ts';
import { checkDnsServers } from '../dns.ts';
import { inspectIn } from './inspection.ts';
import type { ThreadModule } from './operations.ts';
import type { Called, FailureCode } from './thread.ts';
import { threadPool } from './thread-pool.ts';

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
  /** `host:port` or `host` of resolvers; empty = the system's. */
  dns: { servers: string[] };
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
/**
 * The largest file of an outbox that the main thread parses itself, bytes: it is bounded in depth and values, so that
 * takes a millisecond.
 */
const SMALL_OUTBOX_BYTES = 100_000;

/** Starts the threads. Throws on a DNS server that is not an address; all else is in the calls' outcomes. */
export function mailWorkers(options: MailWorkersOptions): MailWorkers {
  const limits = { ...defaults, ...options.limits };
  const { threads, hostname } = options;
  const { servers } = options.dns;
  const authservIds = (options.authservIds ?? []).map((id) => id.toLowerCase());
  checkDnsServers(servers);
  const { memoryMb } = limits;
  const intake = {
    small: threadPool({ threads, idleThreads: 1, callsPerThread: TOGETHER, memoryMb }),
    large: threadPool({ threads, idleThreads: 0, callsPerThread: TOGETHER, memoryMb }),
    alone: threadPool({ threads, idleThreads: 0, callsPerThread: 1, memoryMb }),
  };
  const turns = threadPool({ threads, idleThreads: 1, callsPerThread: 1, memoryMb });

  // One after the other, so that what the first mail needs first is there first, in the threads that stay.
  void intake.small
    .load('inspect')
    .then(() => turns.load('read'))
    .then(() => turns.load('compose'));

  return {
    async inspect(raw, client, envelopeSender) {
      if (raw.length > rawLimits.bytes) return tooLarge;
      const dns = { budgetMs: limits.dnsMs, lookups: limits.dnsLookups };
      const request: SenderRequest = { client, envelopeSender, hostname, dns, authservIds };
      const modules: ThreadModule[] =
        senderRule(request) === 'client_vouches' ? ['inspect'] : ['inspect', 'authenticate'];
      return await inspectIn(intake, raw.length, (pool) =>
        pool.call(limits.inspectMs, () => ({
          operation: 'inspect',
          args: [copy(raw), request, servers],
          modules,
        })),
      );
    },

    async read(raw) {
      if (raw.length > rawLimits.bytes) return tooLarge;
      const called = await orPlain((plain) =>
        turns.call(limits.readMs, () => ({
          operation: 'read',
          args: [copy(raw), plain],
          modules: ['read'],
        })),
      );
      return called.ok ? called.answer : { ok: false, code: readCodes[called.code], reason: called.reason };
    },

    async readReport(raw) {
      if (raw.length > rawLimits.bytes) return null;
      const called = await intake.alone.call(limits.readMs, () => ({
        operation: 'report',
        args: [copy(raw)],
        modules: ['report'],
      }));
      return called.ok ? called.answer : null;
    },

    async compose(mail) {
      const called = await orPlain((plain) =>
        turns.call(limits.composeMs, () => ({
          operation: 'compose',
          args: [mail, plain],
          modules: ['compose'],
        })),
      );
      return called.ok ? called.answer : { ok: false, reason: called.reason };
    },

    async checkOutbox(raw) {
      if (raw.length <= SMALL_OUTBOX_BYTES) return parseOutboxMail(new TextDecoder().decode(raw));
      const called = await turns.call(limits.readMs, () => ({
        operation: 'checkOutbox',
        args: [copy(raw)],
        modules: ['outbox'],
      }));
      if (called.ok) return called.answer;
      return {
        ok: false,
        code: 'outbox_invalid',
        reason: `The file could not be read (${called.reason}).`,
      };
    },

    async recordOutbox(source, result, fallback) {
      if (source === null || source.raw.length <= SMALL_OUTBOX_BYTES)
        return outboxRecord(source, result, fallback);
      const called = await turns.call(limits.readMs, () => ({
        operation: 'recordOutbox',
        args: [copy(source.raw), source.mark, result, fallback],
        modules: ['outbox'],
      }));
      return called.ok ? called.answer : { ...outboxRecord(null, result, fallback), whole: false };
    },

    async close() {
      await Promise.all([...Object.values(intake), turns].map((pool) => pool.close()));
    },
  };
}

const tooLarge = {
  ok: false,
  code: 'too_large',
  reason: `The message is too large: ${SIZE_LIMITS}.`,
} as const;

/** Tries once more with less work, unless the task threw: anything else may be mended by that, or by another thread. */
async function orPlain<Result>(
  attempt: (plain: boolean) => Promise<Called<Result>>,
): Promise<Called<Result>> {
  const called = await attempt(false);
  return called.ok || called.code === 'threw' ? called : await attempt(true);
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

/** A copy of its own, because the buffer is handed over to the thread. */
function copy(raw: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(raw);
}
