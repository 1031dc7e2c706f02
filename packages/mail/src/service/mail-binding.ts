/**
 * The remote calls between a Worker that has mail and the one that parses it. A call first says how large it is; its
 * arguments are fetched by the other side when there is room for them. So a call that waits holds no memory there, and
 * the caller knows whether its mail was looked at.
 */
import type {
  ClientConnection,
  Inspection,
  MailMark,
  MailReport,
  MailResult,
  OutboxRecord,
  ParsedOutboxMail,
} from '@tinyfat/core';
import type { ComposedMail, OutgoingMail, ReadComposed, ReadMail } from '../contract/mail.ts';
import type { MailHtml, MailPart, MailView, Viewed } from '../contract/mail-view.ts';

/** How much a call brings, and whether it wants nothing beside it in the isolate. */
export interface Admission {
  /** Bytes of the message or file. */
  bytes: number;
  alone: boolean;
}

/** Gives the arguments of a call, once. It is called when the work begins. */
export type Take<Args extends readonly unknown[]> = () => Promise<Args>;

/** `busy`: there was no room, or the arguments did not come. `threw`: the work itself failed, by a fault of ours. */
export type Answered<Answer> =
  | { ok: true; answer: Answer }
  | { ok: false; code: 'busy' | 'threw'; reason: string };

/** A call over a service binding. */
export type RemoteCall<Args extends readonly unknown[], Answer> = (
  admission: Admission,
  take: Take<Args>,
) => Promise<Answered<Answer>>;

/** What the Worker of mail offers: the calls of `MailWorkers`, with their arguments. `plain` as of `readMail`. */
export interface MailBinding {
  inspect: RemoteCall<[raw: Uint8Array, client: ClientConnection, envelopeSender: string], Inspection>;
  read: RemoteCall<[raw: Uint8Array, plain: boolean], ReadMail>;
  readReport: RemoteCall<[raw: Uint8Array], MailReport | null>;
  compose: RemoteCall<[mail: OutgoingMail, plain: boolean], ComposedMail>;
  readComposed: RemoteCall<[raw: Uint8Array], ReadComposed>;
  checkOutbox: RemoteCall<[raw: Uint8Array], ParsedOutboxMail>;
  recordOutbox: RemoteCall<
    [raw: Uint8Array, mark: MailMark, result: MailResult, fallback: Record<string, unknown>],
    OutboxRecord
  >;
  view: RemoteCall<[raw: Uint8Array], Viewed<MailView>>;
  viewHtml: RemoteCall<[raw: Uint8Array], Viewed<MailHtml>>;
  viewPart: RemoteCall<[raw: Uint8Array, number: number], Viewed<MailPart>>;
}
