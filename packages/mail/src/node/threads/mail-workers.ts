/**
 * Worker threads around the parsers of untrusted mail. Invariants: a call always ends, at the latest with
 * its deadlines; what a message does to its thread (endless loop, memory) changes the outcome of no other; the time
 * that a call waits for a thread does not count against it.
 *
 * Intake, turns and people who look at mails have threads of their own, so that hostile mail holds up no answer. To inspect a mail at intake is
 * mostly to wait for the DNS, often for a server that never answers: mails are inspected many at a time, the large ones,
 * which can cost more, in other threads than the small ones (`inspection.ts`).
 *
 * The memory limit is the second line: V8 ends a thread at its limit, but the whole process when one
 * large allocation goes far beyond it. The first line is that no operation needs a third of the limit for
 * the largest message that it takes (prescan, parse-mime, html-body and compose bound what they parse).
 */
import { SIZE_LIMITS } from '@tinyfat/core';
import { type SenderRequest, senderRule } from '../../authenticate/sender-rule.ts';
import type { MailWorkers } from '../../contract/mail.ts';
import { isolatedMail } from '../../isolation/isolated-mail.ts';
import { type MailLimits, mailLimits } from '../../isolation/limits.ts';
import { rawLimits } from '../../mime/raw-limits.ts';
import { checkDnsServers } from '../dns.ts';
import type { ThreadModule } from './operations.ts';
import { threadPool } from './thread-pool.ts';

/** Memory in MiB of JavaScript heap for one thread. */
export interface MailWorkerLimits extends MailLimits {
  memoryMb: number;
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

const defaults: MailWorkerLimits = { ...mailLimits, memoryMb: 1024 };

/** Inspections at once in one thread. */
const TOGETHER = 64;

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
  const pages = threadPool({ threads, idleThreads: 0, callsPerThread: 1, memoryMb });

  // One after the other, so that what the first mail needs first is there first, in the threads that stay.
  void intake.small
    .load('inspect')
    .then(() => turns.load('read'))
    .then(() => turns.load('compose'));

  return isolatedMail(
    {
      inspect(place, raw, client, envelopeSender) {
        const dns = { budgetMs: limits.dnsMs, lookups: limits.dnsLookups };
        const request: SenderRequest = { client, envelopeSender, hostname, dns, authservIds };
        const modules: ThreadModule[] =
          senderRule(request) === 'client_vouches' ? ['inspect'] : ['inspect', 'authenticate'];
        return intake[place].call(limits.inspectMs, () => ({
          operation: 'inspect',
          args: [copy(raw), request, servers],
          modules,
        }));
      },
      read: (raw, plain) =>
        turns.call(limits.readMs, () => ({
          operation: 'read',
          args: [copy(raw), plain],
          modules: ['read'],
        })),
      report: (raw) =>
        intake.alone.call(limits.readMs, () => ({
          operation: 'report',
          args: [copy(raw)],
          modules: ['report'],
        })),
      compose: (mail, plain) =>
        turns.call(limits.composeMs, () => ({
          operation: 'compose',
          args: [mail, plain],
          modules: ['compose'],
        })),
      readComposed: (raw) =>
        turns.call(limits.readMs, () => ({
          operation: 'readComposed',
          args: [copy(raw)],
          modules: ['composed'],
        })),
      checkOutbox: (raw) =>
        turns.call(limits.readMs, () => ({
          operation: 'checkOutbox',
          args: [copy(raw)],
          modules: ['outbox'],
        })),
      recordOutbox: (_, raw, mark, result, fallback) =>
        turns.call(limits.readMs, () => ({
          operation: 'recordOutbox',
          args: [copy(raw), mark, result, fallback],
          modules: ['outbox'],
        })),
      view: (raw) =>
        pages.call(limits.viewMs, () => ({ operation: 'view', args: [copy(raw)], modules: ['view'] })),
      viewHtml: (raw) =>
        pages.call(limits.viewMs, () => ({
          operation: 'viewHtml',
          args: [copy(raw)],
          modules: ['viewHtml'],
        })),
      viewPart: (raw, number) =>
        pages.call(limits.viewMs, () => ({
          operation: 'viewPart',
          args: [copy(raw), number],
          modules: ['viewPart'],
        })),
      async close() {
        await Promise.all([...Object.values(intake), turns, pages].map((pool) => pool.close()));
      },
    },
    { bytes: rawLimits.bytes, words: SIZE_LIMITS },
  );
}

/** A copy of its own, because the buffer is handed over to the thread. */
function copy(raw: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(raw);
}
