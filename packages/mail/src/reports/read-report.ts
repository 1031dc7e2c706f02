/**
 * Reads a bounce or a complaint out of one raw message. Invariants: what a person
 * wrote is no report, whatever is attached to it or quoted in it; and ids come from header sections only, so
 * that nobody's text can name the mail that a report is about.
 */
import { type MailReport, parseMessageIds } from '@tinyfat/core';
import { automaticSigns } from '../inspect/automatic.ts';
import { bytesOfText } from '../mime/byte-text.ts';
import { checkHeaderBlock, headerBlock } from '../mime/header-block.ts';
import { allValues, firstValue, type HeaderField } from '../mime/header-fields.ts';
import { mailboxesIn } from '../mime/mailboxes.ts';
import type { MimePart } from '../mime/mime-tree.ts';
import { prescan } from '../mime/prescan.ts';
import { rawLimits } from '../mime/raw-limits.ts';
import { readDeliveryStatus } from './delivery-status.ts';
import { readFeedback } from './feedback.ts';
import { reportLimits } from './fields.ts';
import { isQmailNotice, readFailureNotice, readQmailNotice } from './free-text.ts';
import { embeddedHeader, type TopLevel, textOf, topLevel } from './parts.ts';

const deliveryStatus = /^message\/(?:global-)?delivery-status$/;
/** The mail that came back, whole or its header only (RFC 6522 section 3, RFC 6533 section 4). */
const returnedMail = /^(?:message\/(?:rfc822|global)(?:-headers)?|text\/rfc822-headers)$/;

/** The report that a message is; null where it is none, or more than a parser may be given. */
export function readReport(raw: Uint8Array): MailReport | null {
  if (prescan(raw) !== null || checkHeaderBlock(headerBlock(raw), rawLimits) !== null) return null;
  let mail: TopLevel;
  try {
    mail = topLevel(raw);
  } catch {
    return null;
  }
  const signs = signsOf(mail.fields);
  const isSingle = !mail.type.startsWith('multipart/');
  const isReport = mail.type === 'multipart/report' || isSingle || signs.some(isMailSystem);
  const report = signs.length > 0 && isReport ? machineReport(mail) : null;
  if (report !== null) return report;
  return signs.some(isDaemon) ? textReport(mail) : null;
}

function isDaemon(sign: string): boolean {
  return sign === 'x-failed-recipients' || sign === 'mailer-daemon';
}

/**
 * Signs with which the parts of a report count in any multipart: OpenSMTPD and others write multipart/mixed. A list
 * or another machine that sends on what a person attached has other signs.
 */
function isMailSystem(sign: string): boolean {
  return isDaemon(sign) || sign === 'null-reverse-path' || sign.startsWith('auto-submitted:');
}

/** The envelope is left out on purpose: without it the message itself must say that it is automatic. */
function signsOf(fields: HeaderField[]): string[] {
  const [from] = mailboxesIn(firstValue(fields, 'from') ?? '');
  return automaticSigns({
    headers: fields,
    envelopeSender: 'unknown',
    fromAddress: from?.address ?? '',
    subject: '',
  });
}

function machineReport(mail: TopLevel): MailReport | null {
  const { parts } = mail;
  const statuses = parts
    .filter((part) => deliveryStatus.test(part.type))
    .slice(0, reportLimits.statusParts)
    .map((part) => readDeliveryStatus(textOf(part)));
  const recipients = statuses.flatMap((status) => status.recipients).slice(0, reportLimits.recipients);
  if (recipients.length > 0) {
    const stated = statuses.flatMap(({ originalIds }) => originalIds);
    return { kind: 'delivery', recipients, messageIds: idsOf(mail, [], stated) };
  }
  const feedback = parts.find((part) => part.type === 'message/feedback-report');
  if (feedback === undefined) return null;
  return { kind: 'feedback', ...readFeedback(textOf(feedback)), messageIds: idsOf(mail, [], []) };
}

function textReport(mail: TopLevel): MailReport | null {
  const shown = mail.parts.find(isPlainText);
  const text = shown === undefined ? '' : textOf(shown);
  const { recipients, original } = isQmailNotice(text)
    ? readQmailNotice(text)
    : readFailureNotice(text, failedRecipients(mail));
  if (recipients.length === 0) return null;
  return { kind: 'delivery', recipients, messageIds: idsOf(mail, original, []) };
}

/** A type that is no type is plain text (RFC 2045 section 5.2). */
function isPlainText({ type }: MimePart): boolean {
  return type === 'text/plain' || !type.includes('/');
}

/** X-Failed-Recipients may be several fields, and a list in each. */
function failedRecipients({ fields }: TopLevel): string[] {
  const all = allValues(fields, 'x-failed-recipients').join(',').slice(0, reportLimits.fieldLength);
  const lists = new TextDecoder().decode(bytesOfText(all));
  const addresses = lists.split(',').map((address) => address.trim());
  return [...new Set(addresses.filter((address) => address !== ''))];
}

/**
 * Candidates for the original's Message-ID, most reliable first: the returned mail's own, what the report
 * calls it, and what the report answers to; of References the last is the nearest.
 */
function idsOf({ fields, parts }: TopLevel, copied: HeaderField[], stated: string[]): string[] {
  const returned = parts.filter((part) => returnedMail.test(part.type)).map(embeddedHeader);
  const own = [...returned, copied].flatMap((header) => allValues(header, 'message-id').slice(0, 1));
  const ids = [
    ...[...own, ...stated, ...allValues(fields, 'in-reply-to')].flatMap(idsIn),
    ...allValues(fields, 'references').flatMap(idsIn).reverse(),
  ];
  return [...new Set(ids)].slice(0, reportLimits.messageIds);
}

function idsIn(value: string): string[] {
  return parseMessageIds(value.slice(0, reportLimits.fieldLength));
}
