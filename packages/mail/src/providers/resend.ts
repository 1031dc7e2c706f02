/**
 * Mail out through Resend's API. Invariants: the request is a function of the stored bytes and goes with the
 * delivery's key, so that Resend sends one mail however often it is tried (it remembers a key for a day); nothing
 * is tried again here; the key goes to the base URL and nowhere else. Resend has the mail sent by Amazon SES,
 * which gives it another Message-ID than ours.
 */
import type { MailTransport } from '@tinyfat/core';
import { base64Of, mailboxText, type ProviderMessage } from './provider-message.ts';
import { providerTransport } from './provider-transport.ts';
import { type ResendAccount, type ResendAccountOptions, resendAccount } from './resend-account.ts';
import { resendOutcome } from './resend-outcome.ts';

/** Times in ms. Beyond `maxWaitMs` a mail is put off. */
export interface ResendOptions extends ResendAccountOptions {
  /** For one try altogether, from the request's first byte to the answer's last. */
  timeoutMs?: number;
  /** Shared with what else uses the key, whose requests count against the same rate limit; else one of its own. */
  account?: ResendAccount;
}

/** Resend forgets an idempotency key after a day (its API reference, "Idempotency keys"). */
const KEY_REMEMBERED_MS = 24 * 3_600_000;

export function resend({ timeoutMs = 60_000, ...options }: ResendOptions): MailTransport {
  const { apiKey, clock, bucket, ask } = options.account ?? resendAccount(options);
  return providerTransport({
    name: 'resend',
    idempotent: true,
    remembersMs: KEY_REMEMBERED_MS,
    async deliver(message, idempotencyKey) {
      const wait = await bucket.take();
      if (wait > 0) {
        return { state: 'temporary', reason: 'The rate limit of Resend is used up.', retryAfterMs: wait };
      }
      const body = resendEmail(message);
      const answer = await ask({ method: 'POST', path: '/emails', body, idempotencyKey, timeoutMs });
      const outcome = resendOutcome(answer, apiKey, clock());
      // A quota says nothing about the rate, and its wait is the delivery's own.
      const isParked = outcome.state === 'temporary' && outcome.parked === true;
      bucket.settle(isParked ? null : answer.headers);
      return outcome;
    },
  });
}

/**
 * The request's body: the same for the same message, key by key. Its wording must not change: with the same key Resend
 * takes another wording for another mail.
 */
function resendEmail(message: ProviderMessage) {
  const { cc, replyTo, headers, attachments } = message;
  return {
    ...(attachments.length === 0 ? {} : { attachments: attachments.map(attachment) }),
    ...(cc.length === 0 ? {} : { cc: cc.map(mailboxText) }),
    from: mailboxText(message.from),
    headers: Object.fromEntries(headers.map(({ name, value }) => [name, value])),
    ...(message.html === null ? {} : { html: message.html }),
    ...(replyTo.length === 0 ? {} : { reply_to: replyTo.map(mailboxText) }),
    subject: message.subject,
    // Without a text Resend would make one of the HTML.
    text: message.text ?? '',
    to: message.to.map(mailboxText),
  };
}

function attachment({ filename, contentType, content }: ProviderMessage['attachments'][number]) {
  return { content: base64Of(content), filename, content_type: contentType };
}
