/** What a provider says of a mail that it sent, as the report that the receiving server would have mailed. */
import type { MailReport } from '../admission/report.ts';
import { addressIn, type DeliveryEvent } from './provider-event.ts';

/**
 * Null where nothing follows from it. `sentTo`: the canonical recipients of the delivery, for events that name
 * nobody, or that name all and mean one.
 */
export function eventReport(event: DeliveryEvent, sentTo: readonly string[]): MailReport | null {
  const named = event.recipients.map(addressIn);
  const addresses = named.length > 0 ? named : [...sentTo];
  switch (event.happened) {
    case 'sent':
    case 'delivered':
      return null;
    case 'complained':
      // Several names say only that it was one of them.
      return {
        kind: 'feedback',
        feedbackType: 'abuse',
        mailFrom: null,
        recipients: addresses.length === 1 ? addresses : [],
        messageIds: [],
      };
    case 'delayed':
    case 'failed': {
      const action = event.happened;
      const several = addresses.length > 1;
      const diagnostic = several ? `one of the recipients: ${event.diagnostic}` : event.diagnostic;
      const dead = several ? false : event.dead;
      const recipients = addresses.map((address) => ({
        addresses: [address],
        action,
        status: null,
        diagnostic,
        ...(dead === null ? {} : { dead }),
      }));
      return { kind: 'delivery', recipients, messageIds: [] };
    }
  }
}
