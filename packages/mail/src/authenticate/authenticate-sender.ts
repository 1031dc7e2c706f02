/**
 * Who really sent this? SPF (RFC 7208), DKIM (RFC 6376) and DMARC (RFC 9989) by mailauth's three verifiers,
 * which are called one by one instead of through its `authenticate`: ARC and BIMI are not wanted, DKIM and
 * SPF can run at once, and a signature with a body length limit must not reach DMARC at all, because its
 * "pass" says nothing about the end of the body.
 */
import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import type { AuthenticationEvidence, AuthenticationResult, DkimEvidence, MailSummary } from '@tinyfat/core';
import type { DKIMResult, DMARCResult, SPFResult } from 'mailauth';
import { dkimVerify } from 'mailauth/lib/dkim/verify.js';
import { evaluateDmarc } from 'mailauth/lib/dmarc/index.js';
import { spf as verifySpf } from 'mailauth/lib/spf/index.js';
import type { InspectRequest } from '../inspect/inspect.ts';
import { limitedLookups } from './lookups.ts';

const results: readonly AuthenticationResult[] = [
  'none',
  'neutral',
  'pass',
  'fail',
  'softfail',
  'policy',
  'temperror',
  'permerror',
];

/** Evidence about one message; trouble with DNS is `temperror` in the part that it hit. */
export async function authenticateSender(
  raw: Uint8Array,
  summary: MailSummary,
  request: InspectRequest,
): Promise<AuthenticationEvidence> {
  const lookups = limitedLookups(request.dns);
  const resolver = lookups.resolve;
  try {
    const [spf, dkim] = await Promise.all([
      checkSpf(request, resolver),
      dkimVerify(Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength), {
        resolver,
        sender: request.envelopeSender,
        rejectRsaSha1: true,
      }),
    ]);
    const signatures = dkim.results.filter((result) => result.status.result !== 'none');
    const whole = signatures.filter(
      (result) => result.status.result === 'pass' && result.canonBodyLengthLimited !== true,
    );
    const { response, dkimAligned } = await evaluateDmarc({
      headerFrom: dkim.headerFrom,
      fromFields: dkim.fromFields,
      spfDomains: spf !== null && spf.status.result === 'pass' ? [spf.domain] : [],
      dkimDomains: whole.map((result) => ({
        id: result.id ?? '',
        domain: result.signingDomain ?? '',
        aligned: result.status.aligned ?? false,
      })),
      resolver,
    });
    const author = authorDomain(summary, response);
    return {
      source: 'verified',
      spf: spf === null ? null : { result: resultWord(spf.status.result), domain: ascii(spf.domain) },
      dkim: signatures.map((result) =>
        dkimEvidence(result, author !== null, whole.includes(result) ? dkimAligned : undefined),
      ),
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
  const seen = ascii(response.status.header?.from ?? '');
  return seen !== '' && seen === ascii(only.address.slice(only.address.lastIndexOf('@') + 1)) ? seen : null;
}

function dkimEvidence(
  result: DKIMResult,
  authorKnown: boolean,
  alignedDomains: Set<string> | undefined,
): DkimEvidence {
  const domain = ascii(result.signingDomain ?? '');
  const aligned = alignedDomains === undefined ? Boolean(result.status.aligned) : alignedDomains.has(domain);
  return {
    result: resultWord(result.status.result),
    domain,
    selector: result.selector ?? '',
    aligned: authorKnown && aligned,
    bodyLengthLimited: result.canonBodyLengthLimited === true,
  };
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

function resultWord(word: string): AuthenticationResult {
  return results.find((known) => known === word) ?? (word === 'temperr' ? 'temperror' : 'permerror');
}

function ascii(domain: string): string {
  return domainToASCII(domain.trim().replace(/\.$/, '')).toLowerCase();
}
