/** The verdicts on a mail, and the states that it goes through. */

/** What intake decided; `quarantined` and `over_limit` wait for the owner. */
export const MAIL_VERDICTS = [
  'accepted',
  'refused',
  'duplicate',
  'automatic',
  'quarantined',
  'over_limit',
] as const;
export type MailVerdict = (typeof MAIL_VERDICTS)[number];

/**
 * Where the mail is now; it ends in exactly one state (invariant 3). `quarantined` or `over_limit`: it had no turn, and
 * waits for the owner to release or discard it. `awaiting_approval`: it had its turn, and its answer waits for the owner.
 * `discarded`: its owner ended it, or rejected its answer.
 */
export const MAIL_STATES = [
  'queued',
  'replied',
  'command',
  'refused',
  'duplicate',
  'automatic',
  'quarantined',
  'over_limit',
  'awaiting_approval',
  'discarded',
  'failed',
] as const;
export type MailState = (typeof MAIL_STATES)[number];
