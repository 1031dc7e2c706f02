/**
 * Worker threads around the parsers of untrusted mail. Invariants: a call always ends, at the latest with
 * its deadline; what a message does to its thread (endless loop, memory) ends that thread and nothing
 * else; the time that a call waits for a thread does not count against it.
 *
 * The memory limit is the second line: V8 ends a thread at its limit, but the whole process when one
 * large allocation goes far beyond it. The first line is that no operation needs a third of the limit for
 * the largest message that it takes (prescan, parse-mime, html-body and compose bound what they parse).
 */
import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import { checkDnsServers } from '../authenticate/lookups.ts';
import type { ComposedMail, MailDns, MailWorkers, ReadMail } from '../contract.ts';
import { rawLimits } from '../inspect/prescan.ts';
import type { Task, TaskResult } from './tasks.ts';
import { turnstile } from './turnstile.ts';

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
  /** Calls at once. Threads start when they are needed and end when idle, but for one. */
  threads: number;
  dns: MailDns;
  /** Our own name, for the macros of SPF. */
  hostname: string;
  /**
   * Authserv-ids of servers whose Authentication-Results are believed in what a trusted client hands on
   * (authenticate/topmost-results.ts says which ones may be named). With none its mail is not checked.
   */
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

type Failure = { ok: false; code: 'deadline' | 'too_complex' | 'unreadable'; reason: string };
type Called = { ok: true; answer: TaskResult } | Failure;

/** Starts the threads. Throws on a DNS server that is not an address; all else is in the calls' outcomes. */
export function mailWorkers(options: MailWorkersOptions): MailWorkers {
  const limits = { ...defaults, ...options.limits };
  const authservIds = (options.authservIds ?? []).map((id) => id.toLowerCase());
  checkDnsServers(options.dns.servers);
  const pool = new Piscina<Task, TaskResult>({
    filename: fileURLToPath(new URL('./worker.ts', import.meta.url)),
    minThreads: 1,
    maxThreads: options.threads,
    idleTimeout: 30_000,
    recordTiming: false,
    resourceLimits: { maxOldGenerationSizeMb: limits.memoryMb, maxYoungGenerationSizeMb: 64 },
  });
  // A thread that ends between two calls is replaced by the next one; there is nobody to tell.
  pool.on('error', () => undefined);
  const enter = turnstile(options.threads);
  const open = new Set<Promise<unknown>>();
  let closed = false;

  /** `makeTask` is called when a thread is free, so that waiting mails are not held twice in memory. */
  function call(deadlineMs: number, makeTask: () => Task): Promise<Called> {
    if (closed) return Promise.resolve(failure('deadline', 'The mail workers are closed.'));
    const running = enter(() => runOnce(pool, deadlineMs, makeTask()));
    open.add(running);
    return running.finally(() => open.delete(running));
  }

  // One after the other, so that both find the one thread that stays.
  void call(limits.readMs, () => ({ operation: 'warm' })).then(() =>
    call(limits.readMs, () => ({ operation: 'preload' })),
  );

  return {
    async inspect(raw, client, envelopeSender) {
      if (raw.length > rawLimits.bytes) return tooLarge;
      const dns = { servers: options.dns.servers, budgetMs: limits.dnsMs, lookups: limits.dnsLookups };
      const request = { client, envelopeSender, hostname: options.hostname, dns, authservIds };
      const called = await call(limits.inspectMs, () => ({ operation: 'inspect', raw: copy(raw), request }));
      if (!called.ok) return called;
      return called.answer.operation === 'inspect' ? called.answer.result : mismatch();
    },

    async read(raw) {
      if (raw.length > rawLimits.bytes) return tooLarge;
      const attempt = async (plain: boolean): Promise<ReadMail> => {
        const called = await call(limits.readMs, () => ({ operation: 'read', raw: copy(raw), plain }));
        if (!called.ok) return called;
        return called.answer.operation === 'read' ? called.answer.result : mismatch();
      };
      const clever = await attempt(false);
      return !clever.ok && worthPlain(clever.code) ? await attempt(true) : clever;
    },

    async readReport(raw) {
      if (raw.length > rawLimits.bytes) return null;
      const called = await call(limits.readMs, () => ({ operation: 'report', raw: copy(raw) }));
      if (!called.ok) return null;
      return called.answer.operation === 'report' ? called.answer.result : mismatch();
    },

    async compose(mail) {
      const attempt = async (plain: boolean): Promise<{ code: string; composed: ComposedMail }> => {
        const called = await call(limits.composeMs, () => ({ operation: 'compose', mail, plain }));
        if (!called.ok) return { code: called.code, composed: { ok: false, reason: called.reason } };
        if (called.answer.operation !== 'compose') return mismatch();
        return { code: 'done', composed: called.answer.result };
      };
      const rendered = await attempt(false);
      return worthPlain(rendered.code) ? (await attempt(true)).composed : rendered.composed;
    },

    async close() {
      closed = true;
      await Promise.allSettled(open);
      await pool.destroy();
    },
  };
}

const tooLarge = {
  ok: false,
  code: 'too_large',
  reason: `The message is larger than ${rawLimits.bytes} bytes.`,
} as const;

async function runOnce(pool: Piscina<Task, TaskResult>, deadlineMs: number, task: Task): Promise<Called> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), deadlineMs);
  const transferList = 'raw' in task ? [task.raw.buffer] : [];
  try {
    return { ok: true, answer: await pool.run(task, { signal: controller.signal, transferList }) };
  } catch (error) {
    if (controller.signal.aborted) {
      return failure('deadline', `Reading or writing this message took longer than ${deadlineMs} ms.`);
    }
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ERR_WORKER_OUT_OF_MEMORY') {
      return failure('too_complex', 'The message needs more memory than a message may have.');
    }
    return failure('unreadable', error instanceof Error ? error.message : String(error));
  } finally {
    clearTimeout(timer);
  }
}

/** Only time and memory are saved by doing less; other failures would come again. */
function worthPlain(code: string): boolean {
  return code === 'deadline' || code === 'too_complex';
}

function failure(code: Failure['code'], reason: string): Failure {
  return { ok: false, code, reason };
}

function mismatch(): never {
  throw new Error('A mail worker answered another question than it was asked.');
}

/** A copy of its own, because the buffer is handed over to the thread. */
function copy(raw: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(raw);
}
