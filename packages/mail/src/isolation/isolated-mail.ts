/**
 * The calls of `MailWorkers` over whatever runs each of them where it can be ended. Invariant: nothing is refused for
 * good but for what a mail did itself; what went wrong without its doing is said so, or rejects.
 */
import {
  type ClientConnection,
  type Inspection,
  type MailMark,
  type MailReport,
  type MailResult,
  type OutboxRecord,
  outboxRecord,
  type ParsedOutboxMail,
  parseOutboxMail,
} from '@tinyfat/core';
import type { ComposedMail, MailWorkers, OutgoingMail, ReadComposed, ReadMail } from '../contract/mail.ts';
import type { MailHtml, MailPart, MailView, Viewed } from '../contract/mail-view.ts';
import { type InspectionPlace, inspectIn } from './inspection.ts';
import type { Called, Failure, FailureCode } from './outcome.ts';
import { outgoingBytes } from './outgoing-bytes.ts';

/** Runs one call each time, under its deadline. Nothing here rejects, and the bytes that it gets stay as they are. */
export interface Isolation {
  inspect(
    place: InspectionPlace,
    raw: Uint8Array,
    client: ClientConnection,
    envelopeSender: string,
  ): Promise<Called<Inspection>>;
  /** `plain` is the second try, with less work (`readMail`). */
  read(raw: Uint8Array, plain: boolean): Promise<Called<ReadMail>>;
  /** `alone` is the second try, where the first had company. */
  report(raw: Uint8Array, alone: boolean): Promise<Called<MailReport | null>>;
  /** `plain` as of `read` (`compose`). */
  compose(mail: OutgoingMail, plain: boolean): Promise<Called<ComposedMail>>;
  /** `alone` as of `report`; so below. */
  readComposed(raw: Uint8Array, alone: boolean): Promise<Called<ReadComposed>>;
  checkOutbox(raw: Uint8Array, alone: boolean): Promise<Called<ParsedOutboxMail>>;
  recordOutbox(
    alone: boolean,
    raw: Uint8Array,
    mark: MailMark,
    result: MailResult,
    fallback: Record<string, unknown>,
  ): Promise<Called<OutboxRecord>>;
  view(raw: Uint8Array, alone: boolean): Promise<Called<Viewed<MailView>>>;
  viewHtml(raw: Uint8Array, alone: boolean): Promise<Called<Viewed<MailHtml>>>;
  viewPart(raw: Uint8Array, number: number, alone: boolean): Promise<Called<Viewed<MailPart>>>;
  close(): Promise<void>;
}

/** The largest message, and the limits in words, for the end of a sentence that refuses a larger one. */
export interface SizeLimit {
  bytes: number;
  words: string;
}

/** The largest file of an outbox that is parsed in place, bytes: bounded in depth and values, it takes a millisecond. */
const SMALL_OUTBOX_BYTES = 100_000;

export function isolatedMail(isolation: Isolation, size: SizeLimit): MailWorkers {
  const isTooLarge = (raw: Uint8Array) => raw.length > size.bytes;
  const tooLarge = {
    ok: false,
    code: 'too_large',
    reason: `The message is too large: ${size.words}.`,
  } as const;

  async function viewed<Answer>(
    raw: Uint8Array,
    attempt: (alone: boolean) => Promise<Called<Viewed<Answer>>>,
  ): Promise<Viewed<Answer>> {
    if (isTooLarge(raw)) return tooLarge;
    const called = await orAlone(attempt);
    return called.ok ? called.answer : { ok: false, code: readCode(called), reason: called.reason };
  }

  return {
    async inspect(raw, client, envelopeSender) {
      if (isTooLarge(raw)) return tooLarge;
      return await inspectIn(raw.length, (place) => isolation.inspect(place, raw, client, envelopeSender));
    },

    async read(raw) {
      if (isTooLarge(raw)) return tooLarge;
      const called = await orPlain((plain) => isolation.read(raw, plain));
      return called.ok ? called.answer : { ok: false, code: readCode(called), reason: called.reason };
    },

    async readReport(raw) {
      if (isTooLarge(raw)) return null;
      const called = await orAlone((alone) => isolation.report(raw, alone));
      if (called.ok) return called.answer;
      rejectWhereNotBegun(called);
      return null;
    },

    async compose(mail) {
      const bytes = outgoingBytes(mail);
      if (bytes > size.bytes)
        return { ok: false, reason: `The mail would have ${bytes} bytes: ${size.words}.` };
      const called = await orPlain((plain) => isolation.compose(mail, plain));
      if (called.ok) return called.answer;
      rejectWhereNotBegun(called);
      return { ok: false, reason: called.reason };
    },

    async readComposed(raw) {
      if (isTooLarge(raw)) return tooLarge;
      const called = await orAlone((alone) => isolation.readComposed(raw, alone));
      return called.ok ? called.answer : { ok: false, code: readCode(called), reason: called.reason };
    },

    async checkOutbox(raw) {
      if (raw.length <= SMALL_OUTBOX_BYTES) return parseOutboxMail(new TextDecoder().decode(raw));
      if (isTooLarge(raw)) {
        const reason = `The file has ${raw.length} bytes: ${size.words}. Give attachments by their path.`;
        return { ok: false, code: 'outbox_invalid', reason };
      }
      const called = await orAlone((alone) => isolation.checkOutbox(raw, alone));
      if (called.ok) return called.answer;
      rejectWhereNotBegun(called);
      const reason = `The file could not be read (${called.reason}).`;
      return { ok: false, code: 'outbox_invalid', reason };
    },

    async recordOutbox(source, result, fallback) {
      if (source === null || source.raw.length <= SMALL_OUTBOX_BYTES)
        return outboxRecord(source, result, fallback);
      const withoutSource = { ...outboxRecord(null, result, fallback), whole: false };
      if (isTooLarge(source.raw)) return withoutSource;
      const called = await orAlone((alone) =>
        isolation.recordOutbox(alone, source.raw, source.mark, result, fallback),
      );
      if (called.ok) return called.answer;
      rejectWhereNotBegun(called);
      return withoutSource;
    },

    view: (raw) => viewed(raw, (alone) => isolation.view(raw, alone)),
    viewHtml: (raw) => viewed(raw, (alone) => isolation.viewHtml(raw, alone)),
    viewPart: (raw, number) => viewed(raw, (alone) => isolation.viewPart(raw, number, alone)),

    close: () => isolation.close(),
  };
}

/**
 * Tries once more with less work, unless the task threw by itself: anything else may be mended by that, or in another
 * place.
 */
async function orPlain<Result>(
  attempt: (plain: boolean) => Promise<Called<Result>>,
): Promise<Called<Result>> {
  const called = await attempt(false);
  return called.ok || (called.code === 'threw' && called.alone) ? called : await attempt(true);
}

/** Tries once more, alone, what failed in company. */
async function orAlone<Result>(
  attempt: (alone: boolean) => Promise<Called<Result>>,
): Promise<Called<Result>> {
  const called = await attempt(false);
  return called.ok || called.alone ? called : await attempt(true);
}

/** What a failure says about reading; `interrupted` is worth another try later. */
const readCodes: Record<FailureCode, string> = {
  processor: 'deadline',
  deadline: 'deadline',
  memory: 'too_complex',
  died: 'interrupted',
  threw: 'unreadable',
  not_begun: 'interrupted',
};

function readCode({ code, alone }: Failure): string {
  return alone ? readCodes[code] : 'interrupted';
}

/** What was not begun is no fault of a mail: it is to be tried again. */
function rejectWhereNotBegun({ code, reason }: Failure): void {
  if (code === 'not_begun') throw new Error(`A mail could not be worked on: ${reason}`);
}
