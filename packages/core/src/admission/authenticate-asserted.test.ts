import { describe, expect, it } from 'vitest';
import { authenticate } from './authenticate.ts';
import type { AuthenticationEvidence, AuthenticationResult, DkimEvidence } from './evidence.ts';

const DOMAIN = 'corp.example';

function dkim(over: Partial<DkimEvidence> = {}): DkimEvidence {
  return {
    result: 'pass',
    domain: DOMAIN,
    selector: '',
    aligned: true,
    bodyLengthLimited: false,
    signedHeaders: [],
    signedAt: null,
    fingerprint: '',
    ...over,
  };
}
function dmarc(
  result: AuthenticationResult,
  domain: string | null = DOMAIN,
): AuthenticationEvidence['dmarc'] {
  return { result, domain, policy: null };
}
function asserted(over: Partial<AuthenticationEvidence>): AuthenticationEvidence {
  return { source: 'asserted', authserv: 'mx.example.net', spf: null, dkim: [], dmarc: null, ...over };
}
const spf = { result: 'pass', domain: DOMAIN, aligned: true } as const;
const limited = dkim({ bodyLengthLimited: true });

describe('who is authenticated because another server says so', () => {
  it.each<[string, AuthenticationEvidence, RegExp]>([
    [
      'DMARC passed',
      asserted({ dmarc: dmarc('pass') }),
      /^mx\.example\.net says that DMARC of corp\.example/,
    ],
    [
      'DMARC passed, with the signature of a sub-domain',
      asserted({ dmarc: dmarc('pass'), dkim: [dkim({ domain: 'mail.corp.example' })] }),
      /DMARC of corp\.example passed/,
    ],
    [
      'DMARC passed, with SPF beside a length-limited signature',
      asserted({ dmarc: dmarc('pass'), spf, dkim: [limited] }),
      /DMARC of corp\.example passed/,
    ],
    [
      'no DMARC record and a signature of the domain',
      asserted({ dmarc: dmarc('none'), dkim: [dkim()] }),
      /^mx\.example\.net says that a DKIM signature of corp\.example passed/,
    ],
    [
      'no DMARC record, without naming the domain',
      asserted({ dmarc: dmarc('none', null), dkim: [dkim()] }),
      /a DKIM signature of corp\.example passed/,
    ],
    ['nothing of DMARC, a signature of the domain', asserted({ dkim: [dkim()] }), /a DKIM signature/],
  ])('%s', (_what, evidence, how) => {
    expect(authenticate(evidence, DOMAIN)).toEqual({
      state: 'authenticated',
      how: expect.stringMatching(how),
    });
  });
});

describe('who is refused whatever another server says', () => {
  it.each<[string, AuthenticationEvidence, string]>([
    [
      'DMARC passed for another domain',
      asserted({ dmarc: dmarc('pass', 'evil.example') }),
      'sender_mismatch',
    ],
    [
      'DMARC passed for the parent domain',
      asserted({ dmarc: dmarc('pass', 'example'), dkim: [dkim()] }),
      'sender_mismatch',
    ],
    ['DMARC passed for no domain', asserted({ dmarc: dmarc('pass', null) }), 'sender_mismatch'],
    [
      'no DMARC record of another domain',
      asserted({ dmarc: dmarc('none', 'evil.example'), dkim: [dkim()] }),
      'sender_mismatch',
    ],
    ['DMARC failed', asserted({ dmarc: dmarc('fail'), dkim: [dkim()], spf }), 'dmarc_failed'],
    [
      'DMARC failed without a domain',
      asserted({ dmarc: dmarc('fail', null), dkim: [dkim()] }),
      'dmarc_failed',
    ],
    ['DMARC had trouble with DNS', asserted({ dmarc: dmarc('temperror'), dkim: [dkim()] }), 'dmarc_failed'],
    ['a DMARC result of no standard', asserted({ dmarc: dmarc('permerror') }), 'dmarc_failed'],
    [
      'no DMARC record and the signature of a sub-domain',
      asserted({ dmarc: dmarc('none'), dkim: [dkim({ domain: 'mail.corp.example' })] }),
      'no_policy_no_signature',
    ],
    [
      'no DMARC record and the signature of the parent domain',
      asserted({ dmarc: dmarc('none'), dkim: [dkim({ domain: 'example' })] }),
      'no_policy_no_signature',
    ],
    ['no DMARC record and SPF', asserted({ dmarc: dmarc('none'), spf }), 'no_policy_no_signature'],
    [
      'no DMARC record, where there is one',
      asserted({ dmarc: { result: 'none', domain: DOMAIN, policy: 'reject' }, spf }),
      'dmarc_failed',
    ],
    [
      'no DMARC record and a key that could not be looked up',
      asserted({ dmarc: dmarc('none'), dkim: [dkim({ result: 'temperror' })] }),
      'no_policy_no_signature',
    ],
    ['only a length-limited signature', asserted({ dkim: [limited] }), 'dkim_body_limited'],
    [
      'DMARC passed by a length-limited signature',
      asserted({ dmarc: dmarc('pass'), dkim: [limited], spf: { ...spf, aligned: false } }),
      'dkim_body_limited',
    ],
    ['SPF and nothing else', asserted({ spf }), 'unauthenticated'],
    [
      'only the signature of another domain',
      asserted({ dkim: [dkim({ domain: 'evil.example', aligned: false })] }),
      'unauthenticated',
    ],
  ])('%s', (_what, evidence, code) => {
    expect(authenticate(evidence, DOMAIN)).toEqual({
      state: 'refused',
      code,
      reason: expect.stringMatching(/^[ -~]+$/),
    });
  });

  it('shows no server name that is none', () => {
    const evidence = asserted({ authserv: 'x\r\nBcc: <y>', dmarc: dmarc('pass') });
    expect(authenticate(evidence, DOMAIN)).toMatchObject({ how: expect.stringMatching(/^[ -;=?-~]+$/) });
  });
});
