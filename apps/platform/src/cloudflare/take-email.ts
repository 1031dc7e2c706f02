/**
 * Mail by Email Routing: an invocation for each recipient. Invariants: it ends well only once raw bytes and rows are durable
 * (invariant 1); for what is refused for good the sending server gets a 5xx with the reason; for all else the invocation
 * throws, which Email Routing answers with a 4xx, so that the sending server comes again.
 *
 * Nothing says where the mail came from, and no verdict of Cloudflare's is in it: only signatures prove its sender.
 */
import {
  type ByteReservation,
  byteList,
  CLOUDFLARE_SIZE_LIMIT,
  MAX_CLOUDFLARE_MESSAGE_BYTES,
  type SmtpReply,
} from '@tinyfat/core';
import { type IntakeDeps, receive, recipientRefusal } from '@tinyfat/intake';

/** What of the runtime's message is used; `ForwardableEmailMessage` of `@cloudflare/workers-types` is one. */
export interface RoutedEmail {
  /** The envelope. */
  readonly from: string;
  readonly to: string;
  readonly raw: ReadableStream<Uint8Array>;
  /** Bytes. */
  readonly rawSize: number;
  /** Refuses it for good. */
  setReject(reason: string): void;
}

/** The sending server is to come again. */
export class EmailDeferred extends Error {
  override name = 'EmailDeferred';
}

/** Stored bytes of a mail that is too large: enough to see what it is. */
const BEGINNING_BYTES = 64 * 1024;

/** Takes or refuses one mail. Throws where the sending server is to come again. */
export async function takeEmail(
  intake: IntakeDeps,
  message: RoutedEmail,
  reservation: ByteReservation,
): Promise<void> {
  const refusal = await recipientRefusal(intake, message.to);
  if (refusal) return answer(intake, message, refusal);
  const most = message.rawSize > MAX_CLOUDFLARE_MESSAGE_BYTES ? 0 : MAX_CLOUDFLARE_MESSAGE_BYTES;
  if (!reservation.take(Math.min(message.rawSize, most))) {
    throw new EmailDeferred('as many mails are in work as the isolate holds in memory');
  }
  const { raw, isWhole } = await readRaw(message.raw, most);
  const reply = await receive(intake, {
    via: 'email-routing',
    client: { address: 'email-routing', helo: null, trusted: false, provider: 'email-routing' },
    envelopeSender: message.from === '<>' ? '' : message.from,
    envelopeRecipients: [message.to],
    raw,
    ...(isWhole ? {} : { oversizeBytes: Math.max(message.rawSize, raw.length) }),
  });
  const text = `The message is too large: ${CLOUDFLARE_SIZE_LIMIT}`;
  answer(intake, message, isWhole || reply.code < 500 ? reply : { ...reply, text });
}

function answer({ logger }: IntakeDeps, message: RoutedEmail, { code, enhanced, text }: SmtpReply): void {
  if (code < 400) return;
  if (code < 500) throw new EmailDeferred(`${code} ${enhanced} ${text}`);
  logger.info('mail_refused', { via: 'email-routing', code: String(code), reason: text });
  message.setReject(text);
}

/** All of it, or where it has more than `most` bytes only its beginning. Rejects where the stream breaks off. */
async function readRaw(
  stream: ReadableStream<Uint8Array>,
  most: number,
): Promise<{ raw: Uint8Array; isWhole: boolean }> {
  const bytes = byteList();
  const reader = stream.getReader();
  try {
    while (bytes.length <= Math.max(most, BEGINNING_BYTES)) {
      const next = await reader.read();
      if (next.done) return { raw: bytes.join(), isWhole: bytes.length <= most };
      bytes.add(next.value);
    }
    return { raw: bytes.join(BEGINNING_BYTES), isWhole: false };
  } finally {
    await reader.cancel();
  }
}
