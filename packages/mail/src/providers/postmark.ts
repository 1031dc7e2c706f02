/**
 * Mail out through Postmark's API. Invariants: one request for one call, and none after a doubtful one, because
 * Postmark sends a mail as often as it is asked; the token goes to the base URL and nowhere else. The Message-ID is
 * kept as it is.
 */
import type { Clock, MailTransport } from '@tinyfat/core';
import { type PostmarkExchange, postmarkOutcome } from './postmark-outcome.ts';
import { fieldOf, retryAfterMs } from './provider-answer.ts';
import { base64Of, mailboxText, type ProviderMessage } from './provider-message.ts';
import { providerTransport } from './provider-transport.ts';

/** Times in ms. */
export interface PostmarkOptions {
  serverToken: string;
  clock: Clock;
  /** Without a slash at the end. */
  baseUrl?: string;
  /** For one try altogether, from the request's first byte to the answer's last. */
  timeoutMs?: number;
  fetch?: typeof fetch;
}

export function postmark(options: PostmarkOptions): MailTransport {
  return providerTransport({
    name: 'postmark',
    idempotent: false,
    async deliver(message) {
      const recipients = [...message.to, ...message.cc].map(({ address }) => address);
      const exchange = await sendEmail(postmarkEmail(message), options);
      return postmarkOutcome(exchange, recipients, options.serverToken);
    },
  });
}

/** One request. Never rejects. */
async function sendEmail(email: object, options: PostmarkOptions): Promise<PostmarkExchange> {
  const { serverToken, clock, timeoutMs = 60_000 } = options;
  const exchange: PostmarkExchange = { answer: null, error: null, failure: null, retryAfterMs: undefined };
  let response: Response;
  try {
    const send = options.fetch ?? fetch;
    response = await send(`${options.baseUrl ?? 'https://api.postmarkapp.com'}/email`, {
      method: 'POST',
      headers: {
        'x-postmark-server-token': serverToken,
        accept: 'application/json',
        'content-type': 'application/json',
        'user-agent': 'tinyfat',
        // A connection of its own for each mail: one that was used before may be closed by the other side just as it is
        // used again, and then nobody knows whether the mail was taken.
        connection: 'close',
      },
      body: JSON.stringify(email),
      signal: AbortSignal.timeout(timeoutMs),
      redirect: 'manual',
    });
  } catch (failure) {
    return { ...exchange, error: failure, failure };
  }
  exchange.retryAfterMs = retryAfterMs(response.headers.get('retry-after'), clock());
  try {
    const answer = parsed(await response.text());
    if (response.ok) return { ...exchange, answer };
    const code = fieldOf(answer, 'ErrorCode');
    const message = fieldOf(answer, 'Message') ?? 'It says no more';
    return { ...exchange, error: { statusCode: response.status, code, message } };
  } catch (error) {
    return { ...exchange, error: { message: String(error) } };
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The request's body. */
function postmarkEmail(message: ProviderMessage) {
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
  return { Name: filename, Content: base64Of(content), ContentType: contentType, ContentID: null };
}
