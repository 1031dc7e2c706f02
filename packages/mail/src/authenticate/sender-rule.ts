/** How the sender of a mail is found out, by the way it came in. */
import type { ClientConnection } from '@tinyfat/core';
import type { LookupLimits } from './lookups.ts';

/** Everything that a look at the sender of one message needs besides the bytes. */
export interface SenderRequest {
  client: ClientConnection;
  envelopeSender: string;
  /** Our own name, for the SPF macros. */
  hostname: string;
  dns: LookupLimits;
  /** Whose Authentication-Results count in what a server of ours hands on; lower case. */
  authservIds: readonly string[];
}

/**
 * The client answers for the sender; or we check, with SPF or without; or we check and, where that proves nothing, ask
 * who took the mail.
 */
type SenderRule = 'client_vouches' | 'own_check' | 'own_check_without_spf' | 'own_check_then_assertion';

/**
 * Verified by us is more than asserted by a server that the operator named, and that is more than nothing. What a
 * stranger brings is only checked: Authentication-Results in it are whatever he wrote. Of what a trusted client or a
 * provider hands on, the top of the header is that server's, and the client's address says nothing about the sender.
 * Email Routing puts nothing there, so that the top of the header is the stranger's.
 */
export function senderRule({
  client: { trusted, provider },
  authservIds,
}: Pick<SenderRequest, 'client' | 'authservIds'>): SenderRule {
  if (provider === 'email-routing') return 'own_check_without_spf';
  const relayed = trusted || provider !== undefined;
  if (relayed && authservIds.length > 0) return 'own_check_then_assertion';
  if (trusted) return 'client_vouches';
  return relayed ? 'own_check_without_spf' : 'own_check';
}
