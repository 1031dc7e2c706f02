/** Mail as it is read and composed, and the port behind which strangers' mail is parsed. */
import type {
  ClientConnection,
  Inspection,
  MailReport,
  MailResult,
  MailSource,
  OutboxRecord,
  ParsedOutboxMail,
} from '@tinyfat/core';
import type { MailViewer } from './mail-view.ts';

/**
 * What is to be known of an attachment before anybody opens it. `type_mismatch`: its content, or the whole of
 * its name, is something else and worse than the sender says. `nested_mail`: a forwarded message. `tnef`: the
 * winmail.dat of Outlook, which holds the real attachments.
 */
export type AttachmentMark =
  | 'executable'
  | 'archive'
  | 'macros'
  | 'encrypted'
  | 'type_mismatch'
  | 'nested_mail'
  | 'calendar'
  | 'tnef';

/** One attachment of an inbound mail. Nothing that the sender says of it is trusted. */
export interface MailAttachment {
  /** As the sender wrote it; a forwarded message without one has its subject, an invitation `invite.ics`. */
  filename: string | null;
  /** As the sender declared it: a media type in lower case, without parameters. */
  contentType: string;
  /** `inline` for images that the HTML refers to. */
  disposition: 'attachment' | 'inline';
  /** Without angle brackets. */
  contentId: string | null;
  /** What the content itself shows; null where it does not tell. */
  detectedType: string | null;
  marks: readonly AttachmentMark[];
  content: Uint8Array;
}

/** The readable content of a mail: what is new, what is quoted, what is forwarded, what is attached. */
export interface MailContent {
  /** Everybody that the headers name; shown to the agent, routes nothing. */
  to: { address: string; name: string }[];
  cc: { address: string; name: string }[];
  /** ISO 8601 with the offset of the sender's clock; null where the mail has no Date that is one. */
  date: string | null;
  /** What the sender newly wrote, as a reader sees it. */
  text: string;
  /** What the mail holds of those that it answers. */
  quoted: string;
  /** A message of somebody else that the sender hands on; whole, with its header. */
  forwarded: string;
  /** The HTML has words that no reader sees; they are left out. */
  hiddenText: boolean;
  /** False where the first line of `text` looks like a command, and the HTML that the mail also has does not show it. */
  firstLineSeen: boolean;
  attachments: MailAttachment[];
}

/** `code` is `interrupted` where it failed without the mail's doing: it can be read later. */
export type ReadMail = { ok: true; content: MailContent } | { ok: false; code: string; reason: string };

/** A piece of one line of a letter; `code` is something to type or to copy as it stands. Both may be untrusted. */
export type LetterText = string | { code: string };

/** One block of a letter, from top to bottom. */
export type LetterBlock =
  /** A paragraph; a `quiet` one matters less. */
  | { kind: 'text'; text: readonly LetterText[]; quiet?: boolean }
  /** A smaller heading within the letter. */
  | { kind: 'heading'; text: string }
  /** Names and what belongs to them, one under the other. */
  | { kind: 'rows'; rows: { label: LetterText; text: readonly LetterText[] }[] }
  /** The one thing to open; the label says what it does. */
  | { kind: 'link'; label: string; href: string }
  /** A short code to be copied or typed off. */
  | { kind: 'code'; code: string };

/** A mail that the system itself writes: laid out by us, so that it needs no marks in its text. */
export interface Letter {
  /** One line that says what it is about. */
  heading: string;
  blocks: readonly LetterBlock[];
}

/** Everything that a composed message says. Addresses are canonical; text is untrusted. */
export interface OutgoingMail {
  /** With angle brackets. */
  messageId: string;
  from: { address: string; name: string };
  to: { address: string; name: string }[];
  cc: { address: string; name: string }[];
  /** Where answers are to go when that is not `from`; null for none. */
  replyTo: { address: string; name: string } | null;
  subject: string;
  /** Epoch ms. */
  date: number;
  inReplyTo: string | null;
  references: string[];
  /** Markdown or plain text of an agent, or a letter of our own. */
  body: string | Letter;
  /** One line for the end, without the line that parts it off; null for none. */
  footer: string | null;
  /** RFC 3834: `auto-replied` for an answer, `auto-generated` for anything else. */
  autoSubmitted: 'auto-replied' | 'auto-generated';
  attachments: { filename: string; contentType: string | null; content: Uint8Array }[];
}

export type ComposedMail = { ok: true; raw: Uint8Array } | { ok: false; reason: string };

/** A message that `compose` made, taken apart again. */
export interface ComposedContent
  extends Pick<
    OutgoingMail,
    'from' | 'to' | 'cc' | 'replyTo' | 'subject' | 'inReplyTo' | 'references' | 'autoSubmitted'
  > {
  /** The text part: the body as written, with its footer. */
  text: string;
  /** The HTML part. */
  html: string;
  attachments: { filename: string; contentType: string; content: Uint8Array }[];
}

/** `code` as of `ReadMail`. */
export type ReadComposed = { ok: true; mail: ComposedContent } | { ok: false; code: string; reason: string };

/**
 * What parses, authenticates and composes, each call under a deadline and a memory limit: threads, or a Worker of its own.
 * But for `read`, `readComposed` and those of `MailViewer`, a call rejects where that failed without the mail's doing: it is worth another try later.
 */
export interface MailWorkers extends MailViewer {
  /** Parses the headers and authenticates the sender of one raw message. */
  inspect(raw: Uint8Array, client: ClientConnection, envelopeSender: string): Promise<Inspection>;
  /** Reads text, quoted text and attachments of one raw message. */
  read(raw: Uint8Array): Promise<ReadMail>;
  /** The bounce or the complaint that one raw message is; null where it is none or cannot be read in time. */
  readReport(raw: Uint8Array): Promise<MailReport | null>;
  /** Renders Markdown or a letter to text and HTML and builds the MIME message. */
  compose(mail: OutgoingMail): Promise<ComposedMail>;
  /** Takes one of our own messages apart, so that it can be shown, and composed anew with changes. */
  readComposed(raw: Uint8Array): Promise<ReadComposed>;
  /** Checks one file of an agent's outbox; the caller bounds its size. */
  checkOutbox(raw: Uint8Array): Promise<ParsedOutboxMail>;
  /**
   * Makes the record of a mail of an agent's outbox (`outboxRecord`). Where the source takes too long or
   * too much memory, the record is that without one, and not whole.
   */
  recordOutbox(
    source: MailSource | null,
    result: MailResult,
    fallback: Record<string, unknown>,
  ): Promise<OutboxRecord>;
  close(): Promise<void>;
}
