/**
 * Mail out through Postmark's API. Invariants: one request for one call, and none after a doubtful one, because
 * Postmark sends a mail as often as it is asked; the token goes to the base URL and nowhere else. The Message-ID is
 * kept as it is.
 */
import type { Clock, MailTransport } from '@tinyfat/core';
import type { Models } from 'postmark';
import { mailboxText } from './mailbox-text.ts';
import { type PostmarkExchange, postmarkOutcome } from './postmark-outcome.ts';
import { retryAfterMs } from './provider-answer.ts';
import type { ProviderMessage } from './provider-message.ts';
import { type Deliver, providerTransport } from './provider-transport.ts';

/** Times in ms. */
export interface PostmarkOptions {
  serverToken: string;
  clock: Clock;
  /** Without a slash at the end. */
  baseUrl?: string;
  /** For one try altogether, from the request's first byte to the answer's last. */
  timeoutMs?: number;
}

/** Loads the library at the first mail. */
export function postmark(options: PostmarkOptions): MailTransport {
  return providerTransport({ name: 'postmark', idempotent: false, connect: () => connect(options) });
}

async function connect({ serverToken, clock, ...options }: PostmarkOptions): Promise<Deliver> {
  const { ServerClient } = await import('postmark');
  const url = new URL(options.baseUrl ?? 'https://api.postmarkapp.com');
  const timeoutMs = options.timeoutMs ?? 60_000;

  return async (message) => {
    const exchange: PostmarkExchange = {
      answer: null,
      error: null,
      failure: null,
      retryAfterMs: undefined,
    };
    try {
      const client = new ServerClient(serverToken, {
        useHttps: url.protocol === 'https:',
        requestHost: `${url.host}${url.pathname.replace(/\/$/, '')}`,
        // Ours ends the try first.
        timeout: Math.ceil(timeoutMs / 1000) + 10,
        async fetch(input, init) {
          const headers = new Headers(init?.headers);
          // A connection of its own for each mail: one that was kept may be closed by the other side just as it is
          // used again, and then nobody knows whether the mail was taken.
          headers.set('connection', 'close');
          const signal = AbortSignal.timeout(timeoutMs);
          try {
            const response = await fetch(input, { ...init, headers, signal, redirect: 'error' });
            exchange.retryAfterMs = retryAfterMs(response.headers.get('retry-after'), clock());
            return response;
          } catch (error) {
            exchange.failure = error;
            throw error;
          }
        },
      });
      exchange.answer = await client.sendEmail(postmarkEmail(message));
    } catch (error) {
      exchange.error = error;
    }
    const recipients = [...message.to, ...message.cc].map(({ address }) => address);
    return postmarkOutcome(exchange, recipients, serverToken);
  };
}

/** The request's body. */
export function postmarkEmail(message: ProviderMessage): Models.Message {
  const { cc, replyTo, text, html, attachments } = message;
  return {
    From: mailboxText(message.from),
    To: message.to.map(mailboxText).join(', '),
    ...(cc.length === 0 ? {} : { Cc: cc.map(mailboxText).join(', ') }),
    ...(replyTo.length === 0 ? {} : { ReplyTo: replyTo.map(mailboxText).join(', ') }),
    Subject: message.subject,
    ...(text === null ? {} : { TextBody: text }),
    ...(html === null ? {} : { HtmlBody: html }),
    Headers: [
      ...message.headers.map(({ name, value }) => ({ Name: name, Value: value })),
      // Without it Postmark puts a Message-ID of its own in the place of ours.
      { Name: 'X-PM-KeepID', Value: 'true' },
    ],
    ...(attachments.length === 0 ? {} : { Attachments: attachments.map(attachment) }),
  };
}

function attachment({ filename, contentType, content }: ProviderMessage['attachments'][number]) {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  return {
    Name: filename,
    Content: bytes.toString('base64'),
    ContentType: contentType,
    ContentID: null,
  };
}
