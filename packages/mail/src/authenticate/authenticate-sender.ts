/**
 * Who really sent this? SPF (RFC 7208), DKIM (RFC 6376) and DMARC (RFC 9989) by mailauth's verifiers, which are
 * called one by one instead of through its `authenticate`: ARC and BIMI are not wanted, DKIM and SPF can run at
 * once, and what reaches DMARC are only names that were checked here, because mailauth reads some of its input as
 * URLs. A domain that is no sequence of LDH labels takes no part in any decision.
 */
import {
  type AuthenticationEvidence,
  type CanonicalAddress,
  canonicalAddress,
  fromSender,
  ldhDomain,
  type MailSummary,
  parseIpAddress,
} from '@tinyfat/core';
import type { DMARCResult, SPFResult } from 'mailauth';
import { evaluateDmarc } from 'mailauth/lib/dmarc/index.js';
import { spf as verifySpf } from 'mailauth/lib/spf/index.js';
import { headerBlock } from '../mime/header-block.ts';
import type { DnsResolver } from './lookups.ts';
import type { SenderRequest } from './sender-rule.ts';
import { repeatedFields, signatureEvidence } from './signature-evidence.ts';
import { type VerifiedSignatures, verifySignatures } from './verify-signatures.ts';
import { domainOf, isAligned, resultWord } from './words.ts';

type Spf = NonNullable<AuthenticationEvidence['spf']>;
type Dmarc = NonNullable<AuthenticationEvidence['dmarc']>;

/**
 * Evidence about one message; trouble with DNS is `temperror` in the part that it hit. Nothing is checked, and so
 * nothing found, where the From field names nobody. Without `spf` the client's address is not the sender's, and SPF is
 * not asked.
 */
export async function authenticateSender(
  raw: Uint8Array,
  summary: MailSummary,
  request: SenderRequest,
  resolve: DnsResolver['resolve'],
  checks: { spf: boolean },
): Promise<AuthenticationEvidence> {
  const from = fromSender(summary);
  if (!from.ok) return { source: 'verified', authserv: null, spf: null, dkim: [], dmarc: null };
  const author = from.sender;
  const [spf, found] = await Promise.all([
    checks.spf ? checkSpf(request, author, resolve) : null,
    verifySignatures(raw, {
      fromDomain: author.domain,
      envelopeSender: request.envelopeSender,
      resolve,
    }),
  ]);
  const repeated = repeatedFields(headerBlock(raw));
  const dkim = await Promise.all(
    found.results.map((result) => signatureEvidence(result, author.domain, repeated)),
  );
  if (!isSameAuthor(found, author)) return contested({ spf, dkim });
  const proving = dkim.filter(({ result, bodyLengthLimited }) => result === 'pass' && !bodyLengthLimited);
  const { response, dkimAligned } = await evaluateDmarc({
    headerFrom: [author.address],
    fromFields: 1,
    spfDomains: spf?.result === 'pass' && spf.domain !== null ? [spf.domain] : [],
    dkimDomains: proving.map(({ domain }) => ({ domain })),
    resolver: resolve,
  });
  return {
    source: 'verified',
    authserv: null,
    spf: spf && { ...spf, aligned: spfAlignment(spf, response) },
    // Without a DMARC record the alignment of the Public Suffix List is all there is.
    dkim: dkim.map((signature) => ({
      ...signature,
      aligned:
        (proving.includes(signature) ? dkimAligned?.has(signature.domain) : undefined) ?? signature.aligned,
    })),
    dmarc: dmarcEvidence(response, author.domain),
  };
}

/** Whether mailauth, whose verdict is asked for, reads the whole address of the author as we do. */
function isSameAuthor({ headerFrom }: VerifiedSignatures, author: CanonicalAddress): boolean {
  const [seen, ...others] = headerFrom.map((address) => canonicalAddress(address));
  return others.length === 0 && seen?.ok === true && seen.address === author.address;
}

/** Two readers see two authors, so nothing that was found is about either of them. */
function contested({ spf, dkim }: Pick<AuthenticationEvidence, 'spf' | 'dkim'>): AuthenticationEvidence {
  return {
    source: 'verified',
    authserv: null,
    spf: spf && { ...spf, aligned: false },
    dkim: dkim.map((signature) => ({ ...signature, aligned: false })),
    dmarc: { result: 'permerror', domain: null, policy: null },
  };
}

/**
 * SPF of MAIL FROM, or of HELO for the null reverse-path (RFC 7208 section 2.4). Null where there is no client
 * address, so nothing that SPF could be about. A domain that mailauth reads otherwise than we do counts as none.
 */
async function checkSpf(
  request: SenderRequest,
  author: CanonicalAddress,
  resolver: DnsResolver['resolve'],
): Promise<Spf | null> {
  const ip = request.client.address;
  if (parseIpAddress(ip) === null) return null;
  const name = request.client.helo ?? ip;
  const helo = parseIpAddress(name) === null ? name : `[${name}]`;
  const sender = request.envelopeSender;
  const found: SPFResult = await verifySpf({ sender, ip, helo, mta: request.hostname, resolver });
  const result = resultWord(found.status.result);
  const own = sender === '' ? ldhDomain(helo) : domainOf(sender);
  const domain = own && own === ldhDomain(found.domain) ? own : null;
  return { result, domain, aligned: domain !== null && isAligned(author.domain, domain) };
}

/** As the DMARC record wants it, as far as that was asked: only a pass and only where there is a record. */
function spfAlignment(spf: Spf, response: DMARCResult | false): boolean {
  const judged = spf.result === 'pass' && response !== false && policyWord(response.policy) !== null;
  return judged && spf.domain !== null ? response.alignment.spf.result !== undefined : spf.aligned;
}

function dmarcEvidence(response: DMARCResult | false, domain: string): Dmarc | null {
  if (response === false) return null;
  return { result: resultWord(response.status.result), domain, policy: policyWord(response.policy) };
}

function policyWord(policy: string | undefined): Dmarc['policy'] {
  return policy === 'none' || policy === 'quarantine' || policy === 'reject' ? policy : null;
}
