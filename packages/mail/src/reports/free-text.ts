/**
 * Bounces that are written for people only, of the two kinds that software writes in a fixed form: qmail's
 * (QSBMF, cr.yp.to/proto/qsbmf.txt) and those with an X-Failed-Recipients header (Exim, Gmail). Both tell only
 * of recipients that failed for good.
 */
import { canonicalAddress, enhancedStatus, type ReportedRecipient } from '@tinyfat/core';
import type { HeaderField } from '../mime/header-fields.ts';
import { printableLine, reportLimits, textFields } from './fields.ts';
import { recipientAddresses } from './recipient-addresses.ts';

/** What a text says. */
interface FreeText {
  recipients: ReportedRecipient[];
  /** Header of the copy of the original that follows the text; empty where there is none. */
  original: HeaderField[];
}

/** The line after which Exim, Gmail and others put the copy. */
const COPY = /^-{3,} ?(?:this is a copy of|below this line is a copy of|original message)/i;

/** Whether a text is in qmail's form. */
export function isQmailNotice(text: string): boolean {
  return text.trimStart().startsWith('Hi. This is the');
}

/** Reads qmail's form: a paragraph `<address>:` with its reason for each recipient, then one that begins with `-`. */
export function readQmailNotice(text: string): FreeText {
  const lines = text.split(/\r?\n/);
  const recipients: ReportedRecipient[] = [];
  let at = 0;
  while (at < lines.length) {
    const end = endOfParagraph(lines, at);
    const first = lines[at] ?? '';
    if (first.startsWith('-')) return { recipients, original: copiedHeader(lines.slice(end)) };
    const colon = first.lastIndexOf('>:');
    if (first.startsWith('<') && colon !== -1 && recipients.length < reportLimits.recipients) {
      const reason = [first.slice(colon + 2), ...lines.slice(at + 1, end)];
      recipients.push(...failed(first.slice(1, colon), reason));
    }
    at = end + 1;
  }
  return { recipients, original: [] };
}

/** Reads the text for recipients that the header names: the address on a line, its reason on the next ones. */
export function readFailureNotice(text: string, named: readonly string[]): FreeText {
  const lines = text.split(/\r?\n/);
  const end = lines.findIndex((line) => COPY.test(line));
  const notice = end === -1 ? lines : lines.slice(0, end);
  const addresses = named.slice(0, reportLimits.recipients);
  const reasons = reasonsOf(notice, addresses);
  // Gmail gives the reason apart from the address; with one recipient it is clear whose it is.
  const [only, ...others] = addresses;
  if (
    only !== undefined &&
    others.length === 0 &&
    reasons.get(only.toLowerCase())?.length === 0 &&
    end !== -1
  ) {
    reasons.set(only.toLowerCase(), notice.filter((line) => enhancedStatus(line) !== null).slice(0, 1));
  }
  return {
    recipients: addresses.flatMap((address) => failed(address, reasons.get(address.toLowerCase()) ?? [])),
    original: end === -1 ? [] : copiedHeader(lines.slice(end + 1)),
  };
}

/** The lines under each address up to the next address or blank line. Keys are in lower case. */
function reasonsOf(notice: readonly string[], addresses: readonly string[]): Map<string, string[]> {
  const reasons = new Map(addresses.map((address): [string, string[]] => [address.toLowerCase(), []]));
  let current: string[] | undefined;
  for (const line of notice) {
    const text = line.trim();
    const word = /^\S+/.exec(text)?.[0] ?? '';
    const named = reasons.get(word.replace(/^</, '').replace(/>?:?$/, '').toLowerCase());
    if (word === '') current = undefined;
    else if (named?.length === 0) {
      current = named;
      const rest = text.slice(word.length).trim();
      if (rest !== '') current.push(rest);
    } else current?.push(text);
  }
  return reasons;
}

function failed(address: string, reason: readonly string[]): ReportedRecipient[] {
  const text = reason.join(' ').trim().slice(0, reportLimits.fieldLength);
  const became = recipientAddresses(undefined, address);
  if (became.length === 0) return [];
  const addresses = [...new Set([...askedFor(text), ...became])];
  const diagnostic = printableLine(text, reportLimits.diagnosticLength);
  return [{ addresses, action: 'failed', status: enhancedStatus(text), diagnostic }];
}

/** The address that Exim was asked to deliver to, where an alias or a forwarding turned it into another one. */
function askedFor(reason: string): string[] {
  const alias = /\((?:ultimately )?generated from ([^\s)]{3,320})\)/.exec(reason)?.[1];
  const address = alias === undefined ? null : canonicalAddress(alias);
  return address?.ok ? [address.address] : [];
}

/** The header section that a copy begins with; lines of dashes above it belong to the notice. */
function copiedHeader(lines: readonly string[]): HeaderField[] {
  const start = lines.findIndex((line) => line.trim() !== '' && !line.startsWith('---'));
  if (start === -1) return [];
  return textFields(lines.slice(start, endOfParagraph(lines, start)).join('\n'));
}

function endOfParagraph(lines: readonly string[], from: number): number {
  for (let at = from; at < lines.length; at += 1) if (lines[at]?.trim() === '') return at;
  return lines.length;
}
