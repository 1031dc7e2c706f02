/**
 * What another server found out about a sender, as evidence. Some servers repeat HELO and MAIL FROM unescaped within
 * their results, so a sender can add results of his own there; therefore what is said twice or does not fit the
 * message counts for nothing:
 *
 * - two DMARC results: nothing is believed at all;
 * - several SPF results: the worst of them counts;
 * - more DKIM results of a domain than the message has signatures of it: none of them counts.
 */
import type { AuthenticationEvidence, DkimEvidence } from '@tinyfat/core';
import type { MethodResult } from './authentication-results.ts';
import type { ServerResults } from './topmost-results.ts';
import { domainOf, isAligned, resultWord } from './words.ts';

/** What our own look at the message found. */
interface OwnFindings {
  /** The domain of the only From address, ASCII lower case. */
  fromDomain: string;
  /** Every signature of the message, whatever became of it here; a malformed one is `permerror`. */
  signatures: readonly DkimEvidence[];
  /** The DMARC policy of the From domain; null where there is none or it could not be looked up. */
  policy: 'none' | 'quarantine' | 'reject' | null;
}

type Spf = NonNullable<AuthenticationEvidence['spf']>;

/** The evidence in one server's results; null where they say nothing about the sender, or two things. */
export function assertedEvidence(said: ServerResults, own: OwnFindings): AuthenticationEvidence | null {
  const by = (method: string) => said.results.filter((result) => result.method === method);
  const [dmarc, second] = by('dmarc');
  if (second !== undefined) return null;
  const spf = worstOf(by('spf').map((result) => spfEvidence(result, own.fromDomain)));
  const dkim = dkimEvidence(by('dkim'), own);
  if (dmarc === undefined && spf === null && dkim.length === 0) return null;
  return {
    source: 'asserted',
    authserv: said.authserv,
    spf,
    dkim,
    dmarc:
      dmarc === undefined
        ? null
        : {
            result: resultWord(dmarc.result),
            domain: domainOf(property(dmarc, 'header.from')) || null,
            policy: own.policy,
          },
  };
}

function spfEvidence(result: MethodResult, fromDomain: string): Spf {
  const domain = domainOf(property(result, 'smtp.mailfrom'));
  return {
    result: resultWord(result.result),
    domain: domain || null,
    aligned: isAligned(fromDomain, domain),
  };
}

function worstOf(found: Spf[]): Spf | null {
  return (
    found.find((one) => one.result === 'fail') ??
    found.find((one) => one.result !== 'pass') ??
    found.find((one) => !one.aligned) ??
    found[0] ??
    null
  );
}

function dkimEvidence(results: MethodResult[], own: OwnFindings): DkimEvidence[] {
  const found = results
    .filter((result) => result.result !== 'none')
    .map((result) => ({ result, domain: signingDomain(result) }));
  return found.flatMap(({ result, domain }) => {
    // Of a malformed signature the other server may have said nothing at all, so it makes no room for a result.
    const signatures = own.signatures.filter(
      (signature) => signature.domain === domain && signature.result !== 'permerror',
    );
    if (found.filter((one) => one.domain === domain).length > signatures.length) return [];
    return {
      result: resultWord(result.result),
      domain,
      selector: property(result, 'header.s'),
      aligned: isAligned(own.fromDomain, domain),
      // Which of several signatures is meant is not known, so one with a limit spoils them all.
      bodyLengthLimited: signatures.some((signature) => signature.bodyLengthLimited),
      signedHeaders: [],
      signedAt: null,
      fingerprint: '',
    };
  });
}

/** header.d, or the domain of header.i where header.d is not there at all (RFC 8601 section 2.7.1). */
function signingDomain(result: MethodResult): string {
  return domainOf(property(result, result.properties.has('header.d') ? 'header.d' : 'header.i'));
}

function property(result: MethodResult, name: string): string {
  return result.properties.get(name) ?? '';
}
