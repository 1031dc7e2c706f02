/** Who sent a message: verified by ourselves, else asserted by a server that the operator named, else unverified. */
import { type AuthenticationEvidence, authenticate, fromSender, type MailSummary } from '@tinyfat/core';
import { headerBlock } from '../mime/header-block.ts';
import { assertedEvidence } from './asserted-evidence.ts';
import { authenticateSender } from './authenticate-sender.ts';
import { type DnsResolver, limitedLookups } from './lookups.ts';
import { type SenderRequest, senderRule } from './sender-rule.ts';
import { topmostResults } from './topmost-results.ts';

type Own = (checks: { spf: boolean }) => Promise<AuthenticationEvidence>;

/**
 * Evidence about the sender of one message that has passed the prescan, and for whom no client vouches. `openResolver` is
 * called once, for all of the message's lookups.
 */
export async function senderEvidence(
  raw: Uint8Array,
  summary: MailSummary,
  request: SenderRequest,
  openResolver: () => DnsResolver,
): Promise<AuthenticationEvidence> {
  const rule = senderRule(request);
  const resolver = openResolver();
  const resolve = limitedLookups(resolver, request.dns);
  const own: Own = (checks) => authenticateSender(raw, summary, request, resolve, checks);
  try {
    return rule === 'own_check_then_assertion'
      ? await relayedSender(raw, summary, request, own)
      : await own({ spf: rule === 'own_check' });
  } finally {
    resolver.cancel();
  }
}

/**
 * Evidence for a mail that a server of ours took and hands on. What we can check ourselves comes first: DKIM and
 * DMARC, but not SPF, because the client is that server. Only where that proves nothing does the word of a server
 * that the operator named count, and only about the one From address that all readers see. DNS trouble in our own check
 * stays what it is.
 */
async function relayedSender(
  raw: Uint8Array,
  summary: MailSummary,
  { authservIds }: SenderRequest,
  check: Own,
): Promise<AuthenticationEvidence> {
  const own = await check({ spf: false });
  const unverified: AuthenticationEvidence = { ...own, source: 'unverified', dmarc: null };
  const from = fromSender(summary);
  // mailauth reads From by itself; where it sees another domain than we do, nobody's word is about this sender.
  if (!from.ok || own.dmarc?.domain !== from.sender.domain) return unverified;
  const conclusion = authenticate(own, from.sender.domain);
  if (conclusion.state === 'authenticated') return own;
  const said = topmostResults(headerBlock(raw), authservIds);
  const findings = { fromDomain: from.sender.domain, signatures: own.dkim, policy: own.dmarc.policy };
  const asserted = said === null ? null : assertedEvidence(said, findings);
  if (asserted !== null) return asserted;
  // Another try may still prove it, so this is no "unverified", which refuses for good.
  return conclusion.state === 'temporary' ? own : unverified;
}
