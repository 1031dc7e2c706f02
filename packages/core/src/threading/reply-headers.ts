/** Where an answer stands in its thread (RFC 5322 section 3.6.4). */
import { MAX_MESSAGE_ID_LENGTH, parseMessageId } from './message-id.ts';

/** Ids in References, and characters with one blank between; Amazon SES refuses a longer header. */
const MAX_REFERENCES = 20;
const MAX_REFERENCES_LENGTH = MAX_MESSAGE_ID_LENGTH;

/** The identification fields of the mail that is answered; untrusted. */
export interface ParentHeaders {
  messageId: string | null;
  inReplyTo: string | null;
  references: readonly string[];
}

/** In-Reply-To and References of an answer; ids with angle brackets. */
export interface ReplyHeaders {
  inReplyTo: string | null;
  references: string[];
}

/**
 * In-Reply-To names the parent; References is the parent's References (or its In-Reply-To) and the parent.
 * What is too long loses ids after the first one: the first keeps the thread together, the newest ones place
 * the answer in it. Malformed ids are left out.
 */
export function replyHeaders(parent: ParentHeaders): ReplyHeaders {
  const inReplyTo = parent.messageId === null ? null : parseMessageId(parent.messageId);
  const given = parent.references.length > 0 ? parent.references : [parent.inReplyTo ?? ''];
  const ancestors = given.map(parseMessageId).filter((id) => id !== null && id !== inReplyTo);
  const all = [...ancestors, inReplyTo].filter((id) => id !== null);
  return { inReplyTo, references: trimReferences(all) };
}

/**
 * Ids within both limits, each once: the last, the first, and as many of the newest as fit. The last is the mail that is
 * answered: where it and the first are too long together, it stands alone.
 */
export function trimReferences(ids: readonly string[]): string[] {
  const [first, ...rest] = new Set(ids);
  if (first === undefined) return [];
  const last = rest.at(-1);
  if (last !== undefined && first.length + 1 + last.length > MAX_REFERENCES_LENGTH) return [last];
  const kept: string[] = [];
  let length = first.length;
  for (const id of rest.reverse()) {
    length += 1 + id.length;
    if (kept.length + 1 >= MAX_REFERENCES || length > MAX_REFERENCES_LENGTH) break;
    kept.unshift(id);
  }
  return [first, ...kept];
}
