/**
 * Who really sent this? SPF (RFC 7208), DKIM (RFC 6376) and DMARC (RFC 9989) by mailauth's three verifiers,
 * which are called one by one instead of through its `authenticate`: ARC and BIMI are not wanted, DKIM and
 * SPF can run at once, and a signature with a body length limit must not reach DMARC at all, because its
 * "pass" says nothing about the end of the body.
 */
import { isIP } from 'node:net';
import type { AuthenticationEvidence, MailSummary } from '@tinyfat/core';
import type { DMARCResult, SPFResult } from 'mailauth';
import { dkimVerify } from 'mailauth/lib/dkim/verify.js';
import { evaluateDmarc } from 'mailauth/lib/dmarc/index.js';
import { spf as verifySpf } from 'mailauth/lib/spf/index.js';
import { headerBlock } from '../inspect/header-block.ts';
import type { InspectRequest } from '../inspect/inspect.ts';
import { limitedLookups } from './lookups.ts';
import { repeatedFields, signatureEvidence } from './signature-evidence.ts';
import { asciiDomain, domainOf, isAligned, resultWord } from './words.ts';

/** Without `spf` the client's address is not the sender's, and SPF is not asked. */
export interface SenderChecks {
  spf: boolean;
}

/** Evidence about one message; trouble with DNS is `temperror` in the part that it hit. */
export async function authenticateSender(
  raw: Uint8Array,
  summary: MailSummary,
  request: InspectRequest,
  checks: SenderChecks = { spf: true },
): Promise<AuthenticationEvidence> {
  const lookups = limitedLookups(request.dns);
  const resolver = lookups.resolve;
  try {
    const [spf, dkim] = await Promise.all([
      checks.spf ? checkSpf(request, resolver) : null,
      dkimVerify(Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength), {
        resolver,
        sender: request.envelopeSender,
        rejectRsaSha1: true,
      }),
    ]);
    const repeated = repeatedFields(headerBlock(raw));
    const signatures = dkim.results
      .filter((result) => result.status.result !== 'none')
      .map((result) => signatureEvidence(result, repeated));
    const whole = signatures.filter(
      ({ result, bodyLengthLimited }) => result === 'pass' && !bodyLengthLimited,
    );
    const { response, dkimAligned } = await evaluateDmarc({
      headerFrom: dkim.headerFrom,
      fromFields: dkim.fromFields,
      spfDomains: spf !== null && spf.status.result === 'pass' ? [spf.domain] : [],
      dkimDomains: whole.map(({ domain }) => ({ domain })),
      resolver,
    });
    const author = authorDomain(summary, response);
    return {
      source: 'verified',
      authserv: null,
      spf: spf === null ? null : spfEvidence(spf, response, author),
      dkim: signatures.map((signature) => {
        // Without a DMARC record the alignment of the Public Suffix List is all there is.
        const judged = whole.includes(signature) ? dkimAligned : undefined;
        return {
          ...signature,
          aligned: author !== null && (judged?.has(signature.domain) ?? signature.aligned),
        };
      }),
      dmarc: dmarcEvidence(response, author),
    };
  } finally {
    lookups.cancel();
  }
}

/** Null where there is no client address, so nothing that SPF could be about. */
async function checkSpf(
  request: InspectRequest,
  resolver: (name: string, type: string) => Promise<string[] | string[][]>,
): Promise<SPFResult | null> {
  const ip = request.client.address;
  if (isIP(ip) === 0) return null;
  const name = request.client.helo ?? ip;
  const helo = isIP(name) === 0 ? name : `[${name}]`;
  return await verifySpf({ sender: request.envelopeSender, ip, helo, mta: request.hostname, resolver });
}

/**
 * The domain that both parsers see as the author's: mailauth's, which was authenticated, and that of the
 * address that the allow-list will test. Null when they differ or there is not exactly one author.
 */
function authorDomain(summary: MailSummary, response: DMARCResult | false): string | null {
  const only = summary.from.length === 1 ? summary.from[0] : undefined;
  if (only === undefined || summary.fromHeaders !== 1 || response === false) return null;
  const seen = asciiDomain(response.status.header?.from ?? '');
  return seen !== '' && seen === domainOf(only.address) ? seen : null;
}

/** Aligned as the DMARC record wants it, as far as that was asked: only a pass and only where there is a record. */
function spfEvidence(
  spf: SPFResult,
  response: DMARCResult | false,
  author: string | null,
): NonNullable<AuthenticationEvidence['spf']> {
  const result = resultWord(spf.status.result);
  const domain = asciiDomain(spf.domain);
  const judged = result === 'pass' && response !== false && policyWord(response.policy) !== null;
  const aligned = judged ? response.alignment.spf.result !== undefined : isAligned(author ?? '', domain);
  return { result, domain, aligned: author !== null && aligned };
}

function dmarcEvidence(
  response: DMARCResult | false,
  author: string | null,
): AuthenticationEvidence['dmarc'] {
  if (response === false) return null;
  const policy = policyWord(response.policy);
  const result = resultWord(response.status.result);
  // A verdict about another domain than the one that will be tested is worth nothing.
  if (author === null && result === 'pass') return { result: 'permerror', domain: null, policy };
  return { result, domain: author, policy };
}

function policyWord(policy: string | undefined): 'none' | 'quarantine' | 'reject' | null {
  return policy === 'none' || policy === 'quarantine' || policy === 'reject' ? policy : null;
}
