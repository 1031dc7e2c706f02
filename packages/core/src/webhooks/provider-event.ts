/** Events of providers' webhooks, in one form for all providers. */
import * as v from 'valibot';
import { parseJson } from '../text/json.ts';

export type WebhookProvider = 'resend' | 'postmark';

/** A mail came in at the provider. */
export interface ReceivedEvent {
  kind: 'received';
  /** The provider's own name for the mail. */
  mailId: string;
  /**
   * Recipients as far as the event names them, as written; empty where the mail must be fetched first.
   * They route and authorise nothing by themselves.
   */
  recipients: string[];
  /** The author as written, for a mail that does not tell its envelope sender; null where not said. */
  from: string | null;
}

/** `sent` and `delayed` are no end; `failed` came back or never left; `complained` was called spam. */
export type DeliveryHappening = 'sent' | 'delivered' | 'delayed' | 'failed' | 'complained';

/** Something became of a mail that went out through the provider. */
export interface DeliveryEvent {
  kind: 'delivery';
  /** The provider's name for the mail, as it gave it when it took the mail. */
  mailId: string;
  happened: DeliveryHappening;
  /** Whom it concerns, as written; empty where not said. */
  recipients: string[];
  /** The author as written; null where not said. */
  from: string | null;
  /** The Message-ID that the mail went out with, with angle brackets; null where not said. */
  messageId: string | null;
  /** What the provider or the refusing server said; may be empty. */
  diagnostic: string;
  /**
   * Whether the provider knows that the address takes no mail. Null where it does not say; then what the refusing
   * server said decides.
   */
  dead: boolean | null;
  /** Epoch ms; null where not said. */
  at: number | null;
}

export type ProviderEvent = ReceivedEvent | DeliveryEvent;

/** `ignored`: the type of an event that is not one of mail. `raw`: the message where the webhook has it. */
export type ParsedEvent =
  | { ok: true; eventId: string; event: ProviderEvent; raw: Uint8Array | null }
  | { ok: true; ignored: string }
  | { ok: false; code: 'webhook_malformed' | 'webhook_raw_missing'; reason: string };

/** The address in a mailbox as written, `Name <a@b>` or `a@b`; it is not checked. */
export function addressIn(mailbox: string): string {
  return (/<([^<>]*)>\s*$/.exec(mailbox)?.[1] ?? mailbox).trim();
}

/** A time as providers write it, in epoch ms; null for anything else. */
export function timeFrom(text: string | null | undefined): number | null {
  const time = Date.parse(text ?? '');
  return Number.isNaN(time) ? null : time;
}

/** What stands in a body that should be JSON; undefined where it is none. */
export function jsonFrom(body: Uint8Array): unknown {
  return parseJson(new TextDecoder().decode(body));
}

/** A provider's name for a mail; it goes into paths of requests. */
export const mailIdSchema = v.pipe(v.string(), v.regex(/^[\w-]{1,100}$/));
/** A text that may be missing. */
export const textSchema = v.nullish(v.string(), '');

/** An event that is not one of mail, such as a click. */
export function ignored(type: string): ParsedEvent {
  return { ok: true, ignored: type.replace(/[^\w.-]/g, '?').slice(0, 60) };
}

/** A webhook that could not be read. */
export function malformed(reason: string): ParsedEvent {
  return { ok: false, code: 'webhook_malformed', reason };
}
