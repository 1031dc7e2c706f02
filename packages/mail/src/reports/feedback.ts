/** The machine-readable part of an abuse report (ARF, RFC 5965). */
import { allValues, firstValue } from '../mime/header-fields.ts';
import { printableLine, reportLimits, textFields } from './fields.ts';
import { recipientAddresses } from './recipient-addresses.ts';

/** What the part says, in the words of `MailReport`. */
export interface Feedback {
  feedbackType: string;
  mailFrom: string | null;
  recipients: string[];
}

/** Reads the content of a `message/feedback-report` part. */
export function readFeedback(text: string): Feedback {
  const fields = textFields(text);
  const type = printableLine(firstValue(fields, 'feedback-type') ?? '', 40).toLowerCase();
  const asked = allValues(fields, 'original-rcpt-to').slice(0, reportLimits.recipients);
  return {
    feedbackType: type === '' ? 'other' : type,
    mailFrom: recipientAddresses(undefined, firstValue(fields, 'original-mail-from'))[0] ?? null,
    recipients: [...new Set(asked.flatMap((value) => recipientAddresses(undefined, value).slice(0, 1)))],
  };
}
