/** The machine-readable part of a delivery status notification (RFC 3464, RFC 6533). */
import { enhancedStatus, type ReportAction, type ReportedRecipient } from '@tinyfat/core';
import type { HeaderField } from '../inspect/automatic.ts';
import { withoutComments } from '../inspect/comments.ts';
import { allValues, firstValue, printableLine, readParagraphs } from './fields.ts';
import { reportLimits } from './limits.ts';
import { recipientAddresses } from './recipient-addresses.ts';

/** What the part says; recipients without address, or of whom nothing is said, are left out. */
export interface DeliveryStatus {
  recipients: ReportedRecipient[];
  /** Values of Original-Message-ID and X-Original-Message-ID (Gmail), which some servers add. */
  originalIds: string[];
}

const actions: readonly ReportAction[] = ['failed', 'delayed', 'delivered', 'relayed', 'expanded'];

/** Reads the content of a `message/delivery-status` part. */
export function readDeliveryStatus(text: string): DeliveryStatus {
  const paragraphs = readParagraphs(text);
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
    if (field.key === 'final-recipient') {
      const asked = group.at(-1)?.key === 'original-recipient' ? group.slice(-1) : [];
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
  );
  const status = enhancedStatus(withoutComments(firstValue(fields, 'status') ?? ''));
  const action = readAction(firstValue(fields, 'action') ?? '', status);
  if (addresses.length === 0 || action === null) return null;
  return { addresses, action, status, diagnostic: readDiagnostic(fields) };
}

/** The class of the status (RFC 3463 section 3.1) says what a missing or unknown word would have said. */
function readAction(value: string, status: string | null): ReportAction | null {
  const word = /[a-z]+/.exec(withoutComments(value).toLowerCase())?.[0];
  const known = actions.find((action) => action === word);
  if (known !== undefined) return known;
  if (status === null) return null;
  return status.startsWith('5') ? 'failed' : status.startsWith('4') ? 'delayed' : 'delivered';
}

/** Without the type `smtp;`, which says only that a server's reply follows (RFC 3464 section 2.3.6). */
function readDiagnostic(fields: readonly HeaderField[]): string {
  const value = firstValue(fields, 'diagnostic-code') ?? '';
  return printableLine(value.replace(/^smtp[ \t]*;/i, ''), reportLimits.diagnosticLength);
}
