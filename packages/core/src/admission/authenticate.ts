/**
 * Whether the From domain is proven. DMARC (RFC 9989) decides where a policy is published; without one an
 * aligned DKIM signature does. A signature with a body length limit (`l=`, RFC 6376 section 8.2) proves
 * nothing: anybody may append to the message. SPF alone counts only through DMARC.
 *
 * The assertions of another server must pass the same rules, and one more: they name neither policy nor alignment, so
 * without a DMARC pass only a signature of exactly the From domain counts.
 */
import type { AuthenticationEvidence, DkimEvidence } from './evidence.ts';

export type AuthenticationCode =
  | 'unauthenticated'
  | 'sender_mismatch'
  | 'dmarc_failed'
  | 'dkim_body_limited'
  | 'no_policy_no_signature';

/** `how` is a sentence for the agent, `reason` one for owner and operator; both are plain ASCII. */
export type Authentication =
  | { state: 'authenticated'; how: string }
  | { state: 'refused'; code: AuthenticationCode; reason: string }
  | { state: 'temporary'; reason: string };

/** Judges the evidence for a From domain (ASCII, lower case). */
export function authenticate(evidence: AuthenticationEvidence, fromDomain: string): Authentication {
  if (evidence.source === 'trusted_client') {
    return {
      state: 'authenticated',
      how: 'The mail came from a client that the operator trusts; the sender itself was not checked.',
    };
  }
  if (evidence.source === 'unverified') {
    return refused(
      'unauthenticated',
      `Nothing proves who sent this mail, and no server that the operator named vouches for it: ${listChecks(evidence)}.`,
    );
  }
  if (evidence.source === 'asserted') return concludeAsserted(evidence, fromDomain);
  if (evidence.dmarc === null) {
    return refused('unauthenticated', 'Nothing proves who sent this mail: the sender was not checked.');
  }
  const { dmarc } = evidence;
  if (dmarc.domain !== fromDomain) return mismatch(dmarc.domain, fromDomain);
  if (dmarc.result === 'temperror') {
    return temporary(`The DMARC record of ${show(fromDomain)} could not be looked up.`);
  }
  if (dmarc.result === 'pass') return concludePass(evidence, fromDomain);
  if (dmarc.result === 'none' && dmarc.policy === null) return concludeWithoutPolicy(evidence, fromDomain);
  const open = unsettled(evidence);
  if (open !== null) return open;
  if (evidence.dkim.some(isLimited)) return bodyLimited(fromDomain);
  return refused(
    'dmarc_failed',
    `DMARC for ${show(fromDomain)} says ${dmarc.result}: ${listChecks(evidence)}.`,
  );
}

function concludePass(evidence: AuthenticationEvidence, fromDomain: string): Authentication {
  const signature = evidence.dkim.find(provesDomain);
  if (signature !== undefined) {
    return authenticated(
      `DMARC of ${show(fromDomain)} passed with a DKIM signature of ${show(signature.domain)}.`,
    );
  }
  const limited = evidence.dkim.some(isLimited);
  if (evidence.spf?.result === 'pass' && evidence.spf.aligned) {
    return authenticated(`DMARC of ${show(fromDomain)} passed with SPF of ${show(evidence.spf.domain)}.`);
  }
  if (limited) return unsettled(evidence) ?? bodyLimited(fromDomain);
  return refused(
    'dmarc_failed',
    `DMARC for ${show(fromDomain)} is said to have passed, but no check bears it out: ${listChecks(evidence)}.`,
  );
}

function concludeWithoutPolicy(evidence: AuthenticationEvidence, fromDomain: string): Authentication {
  const signature = evidence.dkim.find(provesDomain);
  if (signature !== undefined) {
    return authenticated(
      `${show(fromDomain)} has no DMARC policy; a DKIM signature of ${show(signature.domain)} passed.`,
    );
  }
  const open = evidence.dkim.find(isUnsettledSignature);
  if (open !== undefined) return temporary(`The DKIM key of ${show(open.domain)} could not be looked up.`);
  if (evidence.dkim.some(isLimited)) return bodyLimited(fromDomain);
  return refused(
    'no_policy_no_signature',
    `${show(fromDomain)} publishes no DMARC policy, and no DKIM signature of it passed: ${listChecks(evidence)}.`,
  );
}

/** Never temporary: the fields of the other server stay the same however often the mail comes. */
function concludeAsserted(evidence: AuthenticationEvidence, fromDomain: string): Authentication {
  const { dmarc, spf } = evidence;
  const server = show(evidence.authserv);
  const passed = dmarc?.result === 'pass';
  if (dmarc !== null && dmarc.domain !== fromDomain && (passed || dmarc.domain !== null)) {
    return mismatch(dmarc.domain, fromDomain);
  }
  const limited = evidence.dkim.some(isLimited) && !evidence.dkim.some(provesDomain);
  if (passed) {
    if (limited && !(spf?.result === 'pass' && spf.aligned)) return bodyLimited(fromDomain);
    return authenticated(`${server} says that DMARC of ${show(fromDomain)} passed.`);
  }
  if (dmarc !== null && dmarc.result !== 'none') {
    return refused(
      'dmarc_failed',
      `${server} says that DMARC for ${show(fromDomain)} is ${dmarc.result}: ${listChecks(evidence)}.`,
    );
  }
  if (evidence.dkim.some((signature) => provesDomain(signature) && signature.domain === fromDomain)) {
    return authenticated(
      `${server} says that a DKIM signature of ${show(fromDomain)} passed, and names no DMARC policy.`,
    );
  }
  if (limited) return bodyLimited(fromDomain);
  if (dmarc === null) {
    return refused(
      'unauthenticated',
      `${server} does not say whether anything proves who sent this mail: ${listChecks(evidence)}.`,
    );
  }
  if (dmarc.policy !== null) {
    return refused(
      'dmarc_failed',
      `${server} says nothing of the DMARC policy that ${show(fromDomain)} publishes: ${listChecks(evidence)}.`,
    );
  }
  return refused(
    'no_policy_no_signature',
    `${server} says that ${show(fromDomain)} has no DMARC policy, and names no DKIM signature of it that passed: ${listChecks(evidence)}.`,
  );
}

/**
 * Whether the domain publishes nothing by which a sender could be proven, and SPF did not fail: then a secret address
 * counts. Only `fail` says that the client is not the domain's (RFC 7208 section 8.4); `softfail` (section 8.5) is what
 * unsure domains publish, and what their forwarded mail gets.
 */
export function provesNothing(evidence: AuthenticationEvidence, fromDomain: string): boolean {
  const conclusion = authenticate(evidence, fromDomain);
  if (conclusion.state !== 'refused' || conclusion.code !== 'no_policy_no_signature') return false;
  const { spf } = evidence;
  // A server that asserts a failure may not say of which domain.
  return !(spf?.result === 'fail' && (spf.aligned || spf.domain === null));
}

/** DNS trouble that may be the only reason why nothing passed; null where another try can't change the result. */
function unsettled(evidence: AuthenticationEvidence): Authentication | null {
  const open = evidence.dkim.find(isUnsettledSignature);
  if (open !== undefined) return temporary(`The DKIM key of ${show(open.domain)} could not be looked up.`);
  if (evidence.spf?.result === 'temperror' && evidence.spf.aligned) {
    return temporary(`The SPF record of ${show(evidence.spf.domain)} could not be looked up.`);
  }
  return null;
}

function provesDomain(signature: DkimEvidence): boolean {
  return signature.result === 'pass' && signature.aligned && !signature.bodyLengthLimited;
}
/** Verified elsewhere, or not at all for that very reason (`policy`). */
function isLimited({ result, aligned, bodyLengthLimited }: DkimEvidence): boolean {
  return (result === 'pass' || result === 'policy') && aligned && bodyLengthLimited;
}
function isUnsettledSignature(signature: DkimEvidence): boolean {
  return signature.result === 'temperror' && signature.aligned && !signature.bodyLengthLimited;
}

function mismatch(checked: string | null, fromDomain: string): Authentication {
  return refused(
    'sender_mismatch',
    `The checks were made for ${show(checked)}, but the From address is at ${show(fromDomain)}.`,
  );
}

function bodyLimited(fromDomain: string): Authentication {
  return refused(
    'dkim_body_limited',
    `The only DKIM signature of ${show(fromDomain)} that passed leaves the end of the body unsigned (l=).`,
  );
}

function listChecks(evidence: AuthenticationEvidence): string {
  const spf =
    evidence.spf === null ? 'SPF not checked' : `SPF ${evidence.spf.result} for ${show(evidence.spf.domain)}`;
  const dkim = evidence.dkim
    .slice(0, 5)
    .map(
      ({ result, domain, aligned, bodyLengthLimited }) =>
        `DKIM ${result === 'policy' ? 'not counted' : result} for ${show(domain)}${aligned ? '' : ' (another domain)'}${bodyLengthLimited ? ' (l=)' : ''}`,
    );
  return [spf, ...(dkim.length > 0 ? dkim : ['no DKIM signature'])].join(', ');
}

/** Domains come from the message: only what looks like one is repeated. */
function show(domain: string | null): string {
  return domain !== null && /^[a-z0-9._-]{1,253}$/.test(domain) ? domain : '(unreadable domain)';
}

function authenticated(how: string): Authentication {
  return { state: 'authenticated', how };
}
function refused(code: AuthenticationCode, reason: string): Authentication {
  return { state: 'refused', code, reason };
}
function temporary(reason: string): Authentication {
  return { state: 'temporary', reason };
}
