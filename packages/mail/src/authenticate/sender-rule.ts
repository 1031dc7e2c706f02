/** How the sender of a mail is found out, by the way it came in. */

/** The way a mail came in. */
export interface Arrival {
  /** The client is one whose mail the operator lets in unchecked. */
  trusted: boolean;
  /**
   * A server that works for us took the mail from the sender and hands it on: the top of the header is that
   * server's, and the client's address says nothing about the sender.
   */
  relayed: boolean;
}

/**
 * The client answers for the sender; or we check, with SPF or without; or we check and, where that proves nothing, ask
 * who took the mail.
 */
export type SenderRule =
  | 'client_vouches'
  | 'own_check'
  | 'own_check_without_spf'
  | 'own_check_then_assertion';

/**
 * Verified by us is more than asserted by a server that the operator named, and that is more than nothing. What a
 * stranger brings is only checked: Authentication-Results in it are whatever he wrote.
 */
export function senderRule({ trusted, relayed }: Arrival, authservIds: readonly string[]): SenderRule {
  if (relayed && authservIds.length > 0) return 'own_check_then_assertion';
  if (trusted) return 'client_vouches';
  return relayed ? 'own_check_without_spf' : 'own_check';
}
