/** How large a mail becomes when it is composed. */
import type { OutgoingMail } from '../contract/mail.ts';

/** Base64 in lines of 76 characters and their ends, for each byte (RFC 2045 section 6.8). */
const ENCODED = 78 / 57;

/** Bytes that the attachments take in the encoding of mail, with the body as it is: at least so large is the message. */
export function outgoingBytes({ body, attachments }: OutgoingMail): number {
  const files = attachments.reduce((sum, { content }) => sum + content.length, 0);
  return Math.ceil(files * ENCODED) + (typeof body === 'string' ? body.length : 0);
}
