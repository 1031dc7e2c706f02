import { describe, expect, it } from 'vitest';
import { provesNothing } from './authenticate.ts';
import type { AuthenticationEvidence, AuthenticationResult, DkimEvidence } from './evidence.ts';

const DOMAIN = 'corp.example';
const signature: DkimEvidence = {
  result: 'pass',
  domain: DOMAIN,
  selector: 's1',
  aligned: true,
  bodyLengthLimited: false,
  signedHeaders: ['from'],
  signedAt: null,
  fingerprint: 'f1',
};
function found(over: Partial<AuthenticationEvidence> = {}): AuthenticationEvidence {
  return {
    source: 'verified',
    authserv: null,
    spf: null,
    dkim: [],
    dmarc: { result: 'none', domain: DOMAIN, policy: null },
    ...over,
  };
}
const spf = (result: AuthenticationResult, domain: string | null = DOMAIN, aligned = true) =>
  found({ spf: { result, domain, aligned } });

describe('a domain proves nothing', () => {
  it.each<[string, AuthenticationEvidence]>([
    ['with no policy and no signature', found()],
    ['with a signature that fails', found({ dkim: [{ ...signature, result: 'fail' }] })],
    ['with SPF that passes', spf('pass')],
    ['with SPF that is not sure', spf('softfail')],
    ['without SPF', spf('none')],
    ['with SPF that fails for another domain', spf('fail', 'forwarder.example', false)],
    ['by the word of another server', found({ source: 'asserted', authserv: 'mx.example.net' })],
  ])('%s', (_what, evidence) => expect(provesNothing(evidence, DOMAIN)).toBe(true));
});

describe('a domain proves or disproves something', () => {
  it.each<[string, AuthenticationEvidence]>([
    ['with SPF that fails', spf('fail')],
    ['with SPF that another server says fails, of whatever domain', spf('fail', null, false)],
    ['with a policy', found({ dmarc: { result: 'fail', domain: DOMAIN, policy: 'none' } })],
    [
      'with a policy that another server does not see',
      {
        ...found({ source: 'asserted', authserv: 'mx.example.net' }),
        dmarc: { result: 'none', domain: DOMAIN, policy: 'none' },
      },
    ],
    ['with a signature', found({ dkim: [signature] })],
    [
      'with a signature that leaves the end open',
      found({ dkim: [{ ...signature, bodyLengthLimited: true }] }),
    ],
    ['with a key that could not be looked up', found({ dkim: [{ ...signature, result: 'temperror' }] })],
    [
      'with a policy that could not be looked up',
      found({ dmarc: { result: 'temperror', domain: DOMAIN, policy: null } }),
    ],
    ['where nothing was checked', found({ dmarc: null })],
    [
      'where nothing was checked by another server',
      found({ source: 'asserted', authserv: 'mx.example.net', dmarc: null }),
    ],
    [
      'where the checks were about another domain',
      found({ dmarc: { result: 'none', domain: 'evil.example', policy: null } }),
    ],
    ['to a trusted client', found({ source: 'trusted_client' })],
  ])('%s', (_what, evidence) => expect(provesNothing(evidence, DOMAIN)).toBe(false));
});
