/**
 * The states of an outgoing mail. `awaiting_approval`: the owner decides whether it is sent. `rejected`: the owner decided
 * that it is not, for good. `bounced`: it was sent, and a delivery status notification (RFC 3464) says that it came back.
 */
export const DELIVERY_STATES = [
  'pending',
  'sending',
  'sent',
  'awaiting_approval',
  'rejected',
  'failed',
  'uncertain',
  'bounced',
] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];
