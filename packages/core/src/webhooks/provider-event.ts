/** What a provider's webhook says, in the same words whoever the provider is. */

import { parseJson } from '../json.ts';

/** A provider that tells us by webhook. */
export type WebhookProvider = 'resend' | 'postmark';

/** A mail came in at the provider. */
export interface ReceivedEvent {
  kind: 'received';
  /** The provider's own name for the mail. */
  mailId: string;
  /**
   * To whom it went as far as the event tells, addresses as written; empty where the mail has to be asked for.
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

/** `ignored`: something that is none of ours, such as a click. `raw` is the message where it came along. */
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

/** A webhook that says nothing that can be used. */
export function malformed(reason: string): ParsedEvent {
  return { ok: false, code: 'webhook_malformed', reason };
}
