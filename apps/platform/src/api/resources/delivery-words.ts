/** How an outgoing mail is, in a sentence: for whoever asked for what can not be done any more. */
import type { DeliveryState } from '@tinyfat/core';

export const DELIVERY_IS: Readonly<Record<DeliveryState, string>> = {
  pending: 'It waits to be sent.',
  sending: 'It is being sent.',
  sent: 'It was sent.',
  awaiting_approval: 'It awaits approval.',
  rejected: 'It was rejected.',
  failed: 'It could not be sent.',
  uncertain: 'It may or may not have been sent.',
  bounced: 'It was sent, and came back.',
};
