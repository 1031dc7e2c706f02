import { describe, expect, it } from 'vitest';
import { authenticate } from './authenticate.ts';
import type { AuthenticationEvidence, AuthenticationResult, DkimEvidence } from './evidence.ts';

const DOMAIN = 'corp.example';

function dkim(over: Partial<DkimEvidence> = {}): DkimEvidence {
  return {
    result: 'pass',
    domain: DOMAIN,
    selector: 's1',
    aligned: true,
    bodyLengthLimited: false,
    signedHeaders: ['from', 'to', 'date'],
    signedAt: null,
    fingerprint: 'f1',
    ...over,
  };
}
function verified(over: Partial<AuthenticationEvidence> = {}): AuthenticationEvidence {
  return {
    source: 'verified',
    authserv: null,
    spf: null,
    dkim: [],
    dmarc: { result: 'pass', domain: DOMAIN, policy: 'reject' },
    ...over,
  };
}
function dmarc(result: AuthenticationResult, policy: 'none' | 'quarantine' | 'reject' | null) {
  return { result, domain: DOMAIN, policy };
}
const spf = (result: AuthenticationResult, domain: string | null = DOMAIN, aligned = true) => ({
  result,
  domain,
  aligned,
});
const foreign = dkim({ domain: 'bulk.example', aligned: false });

describe('who is authenticated', () => {
  it.each<[string, AuthenticationEvidence, RegExp]>([
    [
      'a trusted client',
      verified({ source: 'trusted_client', dmarc: null }),
      /operator trusts; the sender itself was not checked/,
    ],
    [
      'DMARC by DKIM',
      verified({ dkim: [dkim()] }),
      /DMARC of corp\.example passed with a DKIM signature of corp\.example/,
    ],
    [
      'DMARC by DKIM of a sub-domain',
      verified({ dkim: [dkim({ domain: 'mail.corp.example' })] }),
      /mail\.corp\.example/,
    ],
    [
      'DMARC by SPF alone',
      verified({ spf: spf('pass', 'bounce.corp.example') }),
      /passed with SPF of bounce\.corp\.example/,
    ],
    [
      'DMARC by SPF beside a broken signature',
      verified({ spf: spf('pass'), dkim: [dkim({ result: 'fail' })] }),
      /SPF/,
    ],
    [
      'DMARC by SPF beside a length-limited signature',
      verified({ spf: spf('pass'), dkim: [dkim({ bodyLengthLimited: true })] }),
      /SPF/,
    ],
    [
      'DMARC by the full one of two signatures',
      verified({ dkim: [dkim({ bodyLengthLimited: true }), dkim({ selector: 's2' })] }),
      /DKIM/,
    ],
    ['a policy of none that passes', verified({ dkim: [dkim()], dmarc: dmarc('pass', 'none') }), /DMARC/],
    [
      'no policy and an aligned signature',
      verified({ dkim: [foreign, dkim()], dmarc: dmarc('none', null) }),
      /no DMARC policy; a DKIM signature/,
    ],
  ])('%s', (_what, evidence, how) => {
    expect(authenticate(evidence, DOMAIN)).toEqual({
      state: 'authenticated',
      how: expect.stringMatching(how),
    });
  });
});

describe('who is refused', () => {
  it.each<[string, AuthenticationEvidence, string, RegExp]>([
    [
      'nothing known',
      { source: 'unverified', authserv: null, spf: null, dkim: [], dmarc: null },
      'unauthenticated',
      /no server that the operator named vouches for it: SPF not checked, no DKIM signature/,
    ],
    [
      'claims by an unverified source',
      verified({ source: 'unverified', dkim: [dkim({ result: 'fail' })] }),
      'unauthenticated',
      /no server that the operator named vouches for it: .*DKIM fail for corp\.example/,
    ],
    ['DMARC not evaluated', verified({ dmarc: null, dkim: [dkim()] }), 'unauthenticated', /not checked/],
    [
      'DMARC failed',
      verified({ dmarc: dmarc('fail', 'reject'), spf: spf('fail'), dkim: [foreign] }),
      'dmarc_failed',
      /SPF fail for corp\.example, DKIM pass for bulk\.example \(another domain\)/,
    ],
    [
      'DMARC failed under a policy of none',
      verified({ dmarc: dmarc('fail', 'none'), dkim: [foreign] }),
      'dmarc_failed',
      /says fail/,
    ],
    [
      'a broken DMARC record',
      verified({ dmarc: dmarc('permerror', null), dkim: [dkim()] }),
      'dmarc_failed',
      /says permerror/,
    ],
    [
      'a policy without a result',
      verified({ dmarc: dmarc('none', 'reject'), dkim: [dkim()] }),
      'dmarc_failed',
      /says none/,
    ],
    [
      'no policy and only SPF',
      verified({ dmarc: dmarc('none', null), spf: spf('pass') }),
      'no_policy_no_signature',
      /SPF pass for corp\.example, no DKIM signature/,
    ],
    [
      'DMARC said to have passed by an SPF that is not aligned',
      verified({ spf: spf('pass', 'corp.example.evil.example', false) }),
      'dmarc_failed',
      /no check bears it out/,
    ],
    [
      'no policy and a foreign signature',
      verified({ dmarc: dmarc('none', null), dkim: [foreign] }),
      'no_policy_no_signature',
      /another domain/,
    ],
    [
      'no policy and a broken signature',
      verified({ dmarc: dmarc('none', null), dkim: [dkim({ result: 'fail' })] }),
      'no_policy_no_signature',
      /DKIM fail/,
    ],
    [
      'no policy and DNS trouble with a foreign signature',
      verified({
        dmarc: dmarc('none', null),
        dkim: [dkim({ domain: 'bulk.example', aligned: false, result: 'temperror' })],
      }),
      'no_policy_no_signature',
      /temperror/,
    ],
  ])('%s', (_what, evidence, code, reason) => {
    expect(authenticate(evidence, DOMAIN)).toEqual({
      state: 'refused',
      code,
      reason: expect.stringMatching(reason),
    });
  });
});

describe('what is tried again', () => {
  it.each<[string, AuthenticationEvidence]>([
    ['the DMARC record', verified({ dmarc: dmarc('temperror', null), dkim: [dkim()] })],
    [
      'the DKIM key, without a policy',
      verified({ dmarc: dmarc('none', null), dkim: [dkim({ result: 'temperror' })] }),
    ],
    [
      'the DKIM key, with DMARC failing for it',
      verified({ dmarc: dmarc('fail', 'reject'), dkim: [dkim({ result: 'temperror' })] }),
    ],
    [
      'the SPF record, with DMARC failing for it',
      verified({ dmarc: dmarc('fail', 'reject'), spf: spf('temperror') }),
    ],
  ])('%s could not be looked up', (_what, evidence) => {
    expect(authenticate(evidence, DOMAIN)).toEqual({
      state: 'temporary',
      reason: expect.stringMatching(/could not be looked up/),
    });
  });
});
