/**
 * `MailWorkers` over a service binding to the Worker of mail, for isolates that hold 128 MB.
 *
 * What a failed call says of its mail. Only two failures name a limit that the work itself went over, time on the processor
 * or memory (the words are those of workerd, and of Cloudflare's runtime); they count where the mail was alone in its isolate.
 * All others, such as a connection that is lost or a Worker that is being replaced, happen to any mail, so they refuse none.
 */
import { CLOUDFLARE_SIZE_LIMIT, MAX_CLOUDFLARE_MESSAGE_BYTES } from '@tinyfat/core';
import type { MailWorkers } from '../contract/mail.ts';
import { isolatedMail } from '../isolation/isolated-mail.ts';
import { type MailLimits, mailLimits } from '../isolation/limits.ts';
import type { Called, FailureCode } from '../isolation/outcome.ts';
import { outgoingBytes } from '../isolation/outgoing-bytes.ts';
import type { Answered, MailBinding, RemoteCall } from './mail-binding.ts';

export interface MailServiceLimits extends Pick<MailLimits, 'inspectMs' | 'readMs' | 'composeMs' | 'viewMs'> {
  /** Ms until a call begins: what it waits for its turn, and for its bytes to be taken. */
  beginMs: number;
}

/** Longer than the gate of the isolate lets a call wait, so that its answer comes first. */
export const BEGIN_MS = 15_000;

/** One call: how much it brings, ms that it may take once it has begun, and what it is called with. */
interface Call<Args extends readonly unknown[]> {
  bytes: number;
  alone: boolean;
  ms: number;
  args: Args;
}

export function mailService(binding: MailBinding, limits: Partial<MailServiceLimits> = {}): MailWorkers {
  const { inspectMs, readMs, composeMs, viewMs, beginMs } = { ...mailLimits, beginMs: BEGIN_MS, ...limits };

  return isolatedMail(
    {
      inspect: (place, raw, client, envelopeSender) =>
        run(beginMs, binding.inspect, {
          bytes: raw.length,
          alone: place === 'alone',
          ms: inspectMs,
          args: [own(raw), client, envelopeSender],
        }),
      read: (raw, plain) =>
        run(beginMs, binding.read, {
          bytes: raw.length,
          alone: plain,
          ms: readMs,
          args: [own(raw), plain],
        }),
      report: (raw, alone) =>
        run(beginMs, binding.readReport, {
          bytes: raw.length,
          alone,
          ms: readMs,
          args: [own(raw)],
        }),
      compose: (mail, plain) =>
        run(beginMs, binding.compose, {
          bytes: outgoingBytes(mail),
          alone: plain,
          ms: composeMs,
          args: [mail, plain],
        }),
      readComposed: (raw, alone) =>
        run(beginMs, binding.readComposed, {
          bytes: raw.length,
          alone,
          ms: readMs,
          args: [own(raw)],
        }),
      checkOutbox: (raw, alone) =>
        run(beginMs, binding.checkOutbox, {
          bytes: raw.length,
          alone,
          ms: readMs,
          args: [own(raw)],
        }),
      recordOutbox: (alone, raw, mark, result, fallback) =>
        run(beginMs, binding.recordOutbox, {
          bytes: raw.length,
          alone,
          ms: readMs,
          args: [own(raw), mark, result, fallback],
        }),
      view: (raw, alone) =>
        run(beginMs, binding.view, { bytes: raw.length, alone, ms: viewMs, args: [own(raw)] }),
      viewHtml: (raw, alone) =>
        run(beginMs, binding.viewHtml, { bytes: raw.length, alone, ms: viewMs, args: [own(raw)] }),
      viewPart: (raw, number, alone) =>
        run(beginMs, binding.viewPart, { bytes: raw.length, alone, ms: viewMs, args: [own(raw), number] }),
      close: async () => undefined,
    },
    { bytes: MAX_CLOUDFLARE_MESSAGE_BYTES, words: CLOUDFLARE_SIZE_LIMIT },
  );
}

/** Bytes that are all of their buffer: of a view, the whole buffer would be sent. */
function own(raw: Uint8Array): Uint8Array {
  return raw.byteLength === raw.buffer.byteLength ? raw : raw.slice();
}

/** Never rejects. */
async function run<Args extends readonly unknown[], Answer>(
  beginMs: number,
  remote: RemoteCall<Args, Answer>,
  { bytes, alone, ms, args }: Call<NoInfer<Args>>,
): Promise<Called<Answer>> {
  let begun = false;
  const failed = (code: FailureCode, reason: string): Called<Answer> => ({
    ok: false,
    code: begun ? code : 'not_begun',
    reason,
    alone,
  });
  const late = Promise.withResolvers<Called<Answer>>();
  const limit = (code: FailureCode, reason: string, after: number) =>
    setTimeout(() => late.resolve(failed(code, reason)), after);
  let timer = limit('not_begun', `It did not begin within ${beginMs} ms.`, beginMs);
  const take = async () => {
    begun = true;
    clearTimeout(timer);
    timer = limit('deadline', `It took longer than ${ms} ms.`, ms);
    return args;
  };
  // The runtime's promise of a remote call ends the call when it is disposed of.
  const call: Promise<Answered<Answer>> & Partial<Disposable> = remote({ bytes, alone }, take);
  const answered = call.then(
    (one) => (one.ok ? one : failed(one.code === 'threw' ? 'threw' : 'not_begun', one.reason)),
    (error: unknown) => {
      const words = error instanceof Error ? error.message : String(error);
      return failed(limitIn(words) ?? 'not_begun', words);
    },
  );
  try {
    return await Promise.race([answered, late.promise]);
  } finally {
    clearTimeout(timer);
    call[Symbol.dispose]?.();
  }
}

/** The limit that a failed call went over, by the words of the runtime; null where it was none. */
function limitIn(words: string): FailureCode | null {
  if (/exceeded (?:its )?CPU (?:time )?limit/i.test(words)) return 'processor';
  return /exceeded (?:its )?memory limit|memory limit exceeded/i.test(words) ? 'memory' : null;
}
