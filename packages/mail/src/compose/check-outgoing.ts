/**
 * What may become a header. An agent writes most of these values, so anything that could start a line of
 * its own, or mean something to an address parser, is refused instead of repaired.
 */
import type { OutgoingMail } from '../contract/mail.ts';

const control = /[\x00-\x1f\x7f-\x9f\u2028\u2029]/;
const plainAddress =
  /^[^\s\x00-\x20\x7f-\xa0<>()[\],;:\\"@]{1,64}@(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/i;
const messageId = /^<[^\s<>\x00-\x20\x7f-\uffff]{1,900}>$/;
const mediaType = /^[a-z0-9!#$&^_.+-]+\/[a-z0-9!#$&^_.+-]+(?:; ?charset="?[a-z0-9_-]+"?)?$/i;

/** Longest subject and names, UTF-16 units. */
const longestValue = 2000;

/** Null when the mail may be built, else a sentence that says what is wrong with it. */
export function refuseOutgoing(mail: OutgoingMail): string | null {
  if (mail.to.length + mail.cc.length === 0) return 'The mail has no recipient.';
  const replyTo = mail.replyTo === null ? [] : [mail.replyTo];
  for (const { address, name } of [mail.from, ...mail.to, ...mail.cc, ...replyTo]) {
    if (!plainAddress.test(address)) return `Not a plain address: ${shown(address)}`;
    if (!isHeaderText(name)) return `The name of ${address} has a control character or is too long.`;
  }
  if (!isHeaderText(mail.subject))
    return 'The subject has a line break or another control character, or is too long.';
  if (mail.footer !== null && control.test(mail.footer)) return 'The footer is not one line.';
  if (!Number.isFinite(new Date(mail.date).getTime())) return 'The date is not a time.';
  for (const id of [
    mail.messageId,
    ...(mail.inReplyTo === null ? [] : [mail.inReplyTo]),
    ...mail.references,
  ]) {
    if (!messageId.test(id)) return `Not a message id: ${shown(id)}`;
  }
  for (const { filename, contentType } of mail.attachments) {
    if (filename === '' || !isHeaderText(filename)) return `Not a file name: ${shown(filename)}`;
    if (contentType !== null && (!mediaType.test(contentType) || /^multipart\//i.test(contentType))) {
      return `Not a content type for ${filename}: ${shown(contentType)}`;
    }
  }
  return null;
}

function isHeaderText(value: string): boolean {
  return value.length <= longestValue && !control.test(value);
}

function shown(value: string): string {
  return JSON.stringify(value.slice(0, 100));
}
