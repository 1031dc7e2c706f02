import type { RelayFault } from '../errors/relay.ts';

/** SMTP's envelope (RFC 5321 section 2.3.1). An empty `sender` is the null reverse-path `<>`. */
export interface Envelope {
  sender: string;
  recipients: string[];
}

/** A recipient that was refused in the session, with the server's reply. */
export interface RefusedRecipient {
  address: string;
  reason: string;
}

/** A permanent refusal that is about this server's account and not about the mail; codes of the list. */
type AccountRefusal = 'provider_unauthorized' | 'provider_sender_refused';

/** What a provider said to one message. `retryAfterMs` is the shortest wait that it asked for. */
export type SendOutcome =
  /** Accepted; `providerId` is the provider's own name for it. */
  | { state: 'sent'; providerId: string | null; recipientsRefused: RefusedRecipient[] }
  /**
   * Surely not accepted, and worth another try. `parked`: the account may not send at present (its quota is used
   * up, it waits for approval), which has nothing to do with this mail and can take days. `code`: nothing goes out
   * this way, for a reason that is known.
   */
  | { state: 'temporary'; reason: string; code?: RelayFault; retryAfterMs?: number; parked?: true }
  /** Surely not accepted, and no retry will change that; `recipientsRefused` where that is about recipients. */
  | { state: 'permanent'; reason: string; code?: AccountRefusal; recipientsRefused?: RefusedRecipient[] }
  /**
   * No answer came, or none that says whether the message was taken. `final`: another try would not tell either,
   * also where the provider folds repeats.
   */
  | { state: 'unknown'; reason: string; retryAfterMs?: number; final?: true };

/** Whether one more try can double nothing: the provider surely has not taken the mail, or folds repeats. */
export function mayTryAgain(
  outcome: SendOutcome,
  { idempotent }: Pick<MailTransport, 'idempotent'>,
): outcome is Extract<SendOutcome, { state: 'temporary' | 'unknown' }> {
  if (outcome.state === 'unknown') return idempotent && outcome.final !== true;
  return outcome.state === 'temporary';
}

export interface MailTransport {
  /** Shown in delivery rows, for example `maildir`, `smtp`. */
  readonly name: string;
  /** True when sending twice with the same idempotency key gives one mail. */
  readonly idempotent: boolean;
  /** How long it remembers a key, ms; absent where for ever. */
  readonly remembersMs?: number;
  /** Sends the exact bytes. Never rejects for what the provider says. */
  send(envelope: Envelope, raw: Uint8Array, idempotencyKey: string): Promise<SendOutcome>;
  close(): Promise<void>;
}

/** A mail provider with an HTTP API. The base URL has no slash at its end. */
export interface MailProvider {
  kind: 'resend' | 'postmark';
  key: string;
  baseUrl: string;
}
