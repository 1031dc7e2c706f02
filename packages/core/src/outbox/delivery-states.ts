/**
 * The states of an outgoing mail. `awaiting_approval`: the owner decides whether it is sent. `bounced`: it was sent, and a
 * delivery status notification (RFC 3464) says that it came back.
 */
export const DELIVERY_STATES = [
  'pending',
  'sending',
  'sent',
  'awaiting_approval',
  'failed',
  'uncertain',
  'bounced',
] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];
