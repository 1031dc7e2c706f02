/** The machine-readable part of a delivery status notification (RFC 3464, RFC 6533). */
import { enhancedStatus, type ReportAction, type ReportedRecipient, replyClass } from '@tinyfat/core';
import { withoutComments } from '../mime/comments.ts';
import { allValues, firstValue, type HeaderField } from '../mime/header-fields.ts';
import { fieldParagraphs, printableLine, reportLimits } from './fields.ts';
import { recipientAddresses } from './recipient-addresses.ts';

/** What the part says; recipients without address, or of whom nothing is said, are left out. */
interface DeliveryStatus {
  recipients: ReportedRecipient[];
  /** Values of Original-Message-ID and X-Original-Message-ID (Gmail), which some servers add. */
  originalIds: string[];
}

/** Words of RFC 3464 section 2.3.3, and what servers write instead. */
const actions: ReadonlyMap<string, ReportAction> = new Map([
  ...words('failed', ['failed', 'failure', 'fail', 'bounced', 'undeliverable', 'undelivered', 'rejected']),
  ...words('failed', ['refused', 'returned', 'error']),
  ...words('delayed', ['delayed', 'delay', 'deferred', 'queued', 'warning']),
  ...words('delivered', ['delivered', 'success']),
  ...words('relayed', ['relayed']),
  ...words('expanded', ['expanded']),
]);
/** The server gave up after its time was over, whatever it had been told before. */
const EXPIRED = 'expired';

function words(action: ReportAction, all: readonly string[]): [string, ReportAction][] {
  return all.map((word) => [word, action]);
}

/** Reads the content of a `message/delivery-status` part. */
export function readDeliveryStatus(text: string): DeliveryStatus {
  const paragraphs = fieldParagraphs(text);
  const recipients: ReportedRecipient[] = [];
  for (const group of paragraphs.flatMap(splitAtRecipients)) {
    const recipient = readRecipient(group);
    if (recipient !== null) recipients.push(recipient);
    if (recipients.length === reportLimits.recipients) break;
  }
  const fields = paragraphs.flat();
  const originalIds = [
    ...allValues(fields, 'original-message-id'),
    ...allValues(fields, 'x-original-message-id'),
  ];
  return { recipients, originalIds };
}

/**
 * Where the blank line between two recipients is missing, the next one begins at its Final-Recipient, or at
 * the Original-Recipient right before that.
 */
function splitAtRecipients(paragraph: HeaderField[]): HeaderField[][] {
  const groups: HeaderField[][] = [];
  let group: HeaderField[] = [];
  let named = false;
  for (const field of paragraph) {
    if (field.name === 'final-recipient') {
      const asked = group.at(-1)?.name === 'original-recipient' ? group.slice(-1) : [];
      if (named) {
        groups.push(group.slice(0, group.length - asked.length));
        group = asked;
      }
      named = true;
    }
    group.push(field);
  }
  groups.push(group);
  return groups;
}

function readRecipient(fields: readonly HeaderField[]): ReportedRecipient | null {
  const addresses = recipientAddresses(
    firstValue(fields, 'original-recipient'),
    firstValue(fields, 'final-recipient'),
    firstValue(fields, 'x-actual-recipient'),
  );
  const diagnostic = readDiagnostic(fields);
  const status = readStatus(fields, diagnostic);
  const word = actionWord(fields);
  if (addresses.length === 0) return null;
  // That time ran out says nothing about the address, even where the status does.
  if (word === EXPIRED) return { addresses, action: 'failed', status, diagnostic, dead: false };
  const action = actions.get(word) ?? impliedAction(status, diagnostic);
  return action === null ? null : { addresses, action, status, diagnostic };
}

/** Where the field is missing, empty or malformed, what the refusing server said has it in most cases. */
function readStatus(fields: readonly HeaderField[], diagnostic: string): string | null {
  for (const value of allValues(fields, 'status')) {
    const status = enhancedStatus(withoutComments(value));
    if (status !== null) return status;
  }
  const quoted = enhancedStatus(diagnostic);
  return quoted === null || quoted.startsWith('2') ? null : quoted;
}

/** In lower case; empty where there is none. Of several fields the first that says something counts. */
function actionWord(fields: readonly HeaderField[]): string {
  for (const value of allValues(fields, 'action')) {
    const word = /[a-z]+/.exec(withoutComments(value).toLowerCase())?.[0];
    if (word !== undefined) return word;
  }
  return '';
}

/** The class of the status (RFC 3463 section 3.1) or of the reply says what a missing or unknown word would have said. */
function impliedAction(status: string | null, diagnostic: string): ReportAction | null {
  switch (status?.[0] ?? replyClass(diagnostic)) {
    case '5':
      return 'failed';
    case '4':
      return 'delayed';
    case '2':
      return 'delivered';
    default:
      return null;
  }
}

/** Without the type `smtp;`, which says only that a server's reply follows (RFC 3464 section 2.3.6). */
function readDiagnostic(fields: readonly HeaderField[]): string {
  const value = firstValue(fields, 'diagnostic-code') ?? '';
  return printableLine(value.replace(/^smtp[ \t]*;/i, ''), reportLimits.diagnosticLength);
}
