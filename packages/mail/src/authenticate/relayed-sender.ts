/**
 * Evidence for a mail that a server of ours took and hands on. What we can check ourselves comes first: DKIM and
 * DMARC, but not SPF, because the client is that server. Only where that proves nothing does the word of a server
 * that the operator named count, and only about the one From address that all readers see.
 */
import { type AuthenticationEvidence, authenticate, fromSender, type MailSummary } from '@tinyfat/core';
import { headerBlock } from '../inspect/header-block.ts';
import type { InspectRequest } from '../inspect/inspect.ts';
import { assertedEvidence } from './asserted-evidence.ts';
import { authenticateSender } from './authenticate-sender.ts';
import { topmostResults } from './topmost-results.ts';

/** Verified, else asserted, else unverified; DNS trouble in our own check stays what it is. */
export async function relayedSender(
  raw: Uint8Array,
  summary: MailSummary,
  request: InspectRequest,
): Promise<AuthenticationEvidence> {
  const own = await authenticateSender(raw, summary, request, { spf: false });
  const unverified: AuthenticationEvidence = { ...own, source: 'unverified', dmarc: null };
  const from = fromSender(summary);
  // mailauth reads From by itself; where it sees another domain than we do, nobody's word is about this sender.
  if (!from.ok || own.dmarc?.domain !== from.sender.domain) return unverified;
  const conclusion = authenticate(own, from.sender.domain);
  if (conclusion.state === 'authenticated') return own;
  const said = topmostResults(headerBlock(raw), request.authservIds);
  const findings = {
    fromDomain: from.sender.domain,
    signatures: own.dkim,
    policy: own.dmarc.policy,
  };
  const asserted = said === null ? null : assertedEvidence(said, findings);
  if (asserted !== null) return asserted;
  // Another try may still prove it, so this is no "unverified", which refuses for good.
  return conclusion.state === 'temporary' ? own : unverified;
}
