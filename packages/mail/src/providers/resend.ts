/**
 * Mail out through Resend's API. Invariants: the request is a function of the stored bytes and goes with the
 * delivery's key, so that Resend sends one mail however often it is tried (it remembers a key for a day); nothing
 * is tried again here; the key goes to the base URL and nowhere else. Resend has the mail sent by Amazon SES,
 * which gives it another Message-ID than ours.
 */
import type { Clock, MailTransport } from '@tinyfat/core';
import type { CreateEmailOptions } from 'resend';
import { mailboxText } from './mailbox-text.ts';
import type { ProviderMessage } from './provider-message.ts';
import { type Deliver, providerTransport } from './provider-transport.ts';
import { type ResendAccount, resendAccount } from './resend-account.ts';
import { type ResendAnswer, resendOutcome } from './resend-outcome.ts';

/** Times in ms. */
export interface ResendOptions {
  apiKey: string;
  clock: Clock;
  /** Without a slash at the end. */
  baseUrl?: string;
  /** For one try altogether, from the request's first byte to the answer's last. */
  timeoutMs?: number;
  /** Longest wait for the next window of the rate limit; beyond it the mail is put off. */
  maxWaitMs?: number;
  /** Shared with what else uses the key, whose requests count against the same rate limit; else one of its own. */
  account?: ResendAccount;
}

/** Resend forgets an idempotency key after a day (its API reference, "Idempotency keys"). */
const KEY_KEPT_MS = 24 * 3_600_000;

/** Loads the library at the first mail. */
export function resend(options: ResendOptions): MailTransport {
  return providerTransport({
    name: 'resend',
    idempotent: true,
    remembersMs: KEY_KEPT_MS,
    connect: () => connect(options),
  });
}

async function connect({ apiKey, clock, ...options }: ResendOptions): Promise<Deliver> {
  const account = options.account ?? resendAccount({ apiKey, clock, ...options });
  const { client, gate } = await account.connect();

  return async (message, idempotencyKey) => {
    const wait = await gate.enter();
    if (wait > 0) {
      return { state: 'temporary', reason: 'The rate limit of Resend is used up.', retryAfterMs: wait };
    }
    const request = {
      idempotencyKey,
      signal: AbortSignal.timeout(options.timeoutMs ?? 60_000),
      // The library hands its options on to fetch, which would take the mail to wherever an answer points.
      redirect: 'error' as const,
    };
    const answer: ResendAnswer = await client.emails
      .send(resendEmail(message), request)
      .catch((error) => ({ data: null, error: { message: String(error) }, headers: null }));
    const outcome = resendOutcome(answer, apiKey, clock());
    // A quota says nothing about the rate, and its wait is the delivery's own.
    const isParked = outcome.state === 'temporary' && outcome.parked === true;
    gate.leave(isParked ? null : answer.headers);
    return outcome;
  };
}

/** The request's body: the same for the same message, key by key. */
export function resendEmail(message: ProviderMessage): CreateEmailOptions {
  const { cc, replyTo, headers, attachments } = message;
  return {
    from: mailboxText(message.from),
    to: message.to.map(mailboxText),
    ...(cc.length === 0 ? {} : { cc: cc.map(mailboxText) }),
    ...(replyTo.length === 0 ? {} : { replyTo: replyTo.map(mailboxText) }),
    subject: message.subject,
    // Without a text Resend would make one of the HTML.
    text: message.text ?? '',
    ...(message.html === null ? {} : { html: message.html }),
    headers: Object.fromEntries(headers.map(({ name, value }) => [name, value])),
    ...(attachments.length === 0 ? {} : { attachments: attachments.map(attachment) }),
  };
}

function attachment({ filename, contentType, content }: ProviderMessage['attachments'][number]) {
  return { filename, contentType, content };
}
