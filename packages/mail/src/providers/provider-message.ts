/**
 * What goes to a provider whose API takes the parts of a mail instead of its bytes. The parts are derived from the
 * stored bytes and from nothing else, so that every try asks for the same mail; the message id, the thread and the
 * marks of automatic mail go along as headers. Our own MIME is read, but an agent and strangers wrote much of what
 * is in it: no decoded text may start a header line at the provider or be read as one more address.
 */
import type { Envelope } from '@tinyfat/core';
import PostalMime, { type Address, decodeWords, type Email } from 'postal-mime';

/** One address with its display name, empty for none. */
interface ProviderMailbox {
  address: string;
  /** One line. */
  name: string;
}

/** A mail in parts. */
export interface ProviderMessage {
  from: ProviderMailbox;
  to: ProviderMailbox[];
  cc: ProviderMailbox[];
  replyTo: ProviderMailbox[];
  subject: string;
  /** Null where the mail has no such part. */
  text: string | null;
  html: string | null;
  /** Every other header, in the order of the mail, each on one line. */
  headers: { name: string; value: string }[];
  attachments: ProviderAttachment[];
}

interface ProviderAttachment {
  filename: string;
  /** A media type without parameters. */
  contentType: string;
  content: Uint8Array;
}

type ReadProviderMessage = { ok: true; message: ProviderMessage } | { ok: false; reason: string };

/** Fields that a provider writes itself from the parts, or that describe bytes which it does not get. */
const written = ['from', 'to', 'cc', 'reply-to', 'subject', 'date', 'mime-version'];
const lineBreaking = /[\p{Cc}\p{Zl}\p{Zp}]+/gu;

/**
 * Reads a mail that we composed. Refused where it would go to other people than the envelope says: a provider
 * sends to whom the headers name. Never rejects.
 */
export async function readProviderMessage(envelope: Envelope, raw: Uint8Array): Promise<ReadProviderMessage> {
  const parser = new PartTakingParser({ forceRfc822Attachments: true, maxNestingDepth: 10 });
  let email: Email;
  try {
    email = await parser.parse(raw);
  } catch (error) {
    return refused(`The mail could not be read: ${oneLine(String(error))}.`);
  }
  const [from, ...others] = mailboxes(email.from === undefined ? [] : [email.from]);
  if (from === undefined || others.length > 0) return refused('The mail has not exactly one author.');
  if (email.bcc !== undefined) return refused('The mail has a Bcc header.');
  const to = mailboxes(email.to);
  const cc = mailboxes(email.cc);
  if (!areSame(envelope.recipients, [...to, ...cc])) {
    return refused('The mail names other people in To and Cc than it is to be sent to.');
  }
  const message: ProviderMessage = {
    from,
    to,
    cc,
    replyTo: mailboxes(email.replyTo),
    subject: oneLine(email.subject ?? ''),
    text: parser.texts.get('plain') ?? null,
    html: parser.texts.get('html') ?? null,
    headers: email.headers
      .filter(({ key }) => !written.includes(key) && !key.startsWith('content-'))
      .map(({ originalKey, value }) => ({ name: originalKey, value: oneLine(value) })),
    attachments: parser.files,
  };
  return { ok: true, message };
}

/** Takes the parts as they are: nothing is rendered from one form into another, and no calendar is rewritten. */
class PartTakingParser extends PostalMime {
  readonly texts = new Map<'plain' | 'html', string>();
  readonly files: ProviderAttachment[] = [];

  /** Called by postal-mime 4 for each text part. */
  addTextEntry(_selector: unknown, kind: 'plain' | 'html', entry: { value: unknown }): void {
    const text = typeof entry.value === 'string' ? entry.value : '';
    const before = this.texts.get(kind);
    this.texts.set(kind, before === undefined ? text : `${before}\n${text}`);
  }

  /** Called by postal-mime 4 for each part that is no text, with its decoded content. */
  collectAttachment(part: AttachedPart, content: ArrayBuffer): void {
    const name = part.contentDisposition.parsed.params.filename ?? part.contentType.parsed.params.name ?? '';
    this.files.push({
      filename: oneLine(decodeWords(name)) || 'attachment',
      contentType: part.contentType.parsed.value,
      content: new Uint8Array(content),
    });
  }
}

interface AttachedPart {
  contentDisposition: { parsed: { params: Record<string, string | undefined> } };
  contentType: { parsed: { value: string; params: Record<string, string | undefined> } };
}

function mailboxes(addresses: readonly Address[] = []): ProviderMailbox[] {
  return addresses.flatMap((one) => {
    if (one.group !== undefined) return mailboxes(one.group);
    return [{ address: one.address, name: oneLine(one.name) }];
  });
}

/** Whether the headers name exactly the recipients, each once. */
function areSame(recipients: readonly string[], named: readonly ProviderMailbox[]): boolean {
  const wanted = recipients.map((address) => address.toLowerCase()).sort();
  const found = named.map(({ address }) => address.toLowerCase()).sort();
  return wanted.length === found.length && wanted.every((address, at) => address === found[at]);
}

function oneLine(text: string): string {
  return text.replace(lineBreaking, ' ').toWellFormed();
}

function refused(reason: string): ReadProviderMessage {
  return { ok: false, reason };
}

/**
 * `Name <address>`, with the name in quotes where it needs them. Characters that could end the name for a careless
 * reader, and begin another address, are left out of it: many names come from mail of strangers.
 */
export function mailboxText({ address, name }: ProviderMailbox): string {
  const plain = name
    .replace(/["\\<>@]+/g, ' ')
    .replace(/ {2,}/g, ' ')
    .trim();
  if (plain === '') return address;
  return /^[\p{L}\p{M}\p{N} !#$%&'*+/=?^_`{|}~-]+$/u.test(plain)
    ? `${plain} <${address}>`
    : `"${plain}" <${address}>`;
}

/** The content of an attachment as APIs take it. */
export function base64Of({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64');
}
