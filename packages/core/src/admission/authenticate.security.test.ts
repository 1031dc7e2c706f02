import { fuzzRuns } from '@tinyfat/testing/fuzz-runs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { authenticate } from './authenticate.ts';
import type { AuthenticationEvidence, DkimEvidence } from './evidence.ts';

const own: DkimEvidence = {
  result: 'pass',
  domain: 'evil.example',
  selector: 's',
  aligned: false,
  bodyLengthLimited: false,
  signedHeaders: ['from', 'to', 'date'],
  signedAt: null,
  fingerprint: 'f1',
};
const limited: DkimEvidence = { ...own, domain: 'corp.example', aligned: true, bodyLengthLimited: true };
const pass = { result: 'pass', domain: 'corp.example', policy: 'reject' } as const;

describe('attacks on sender authentication', () => {
  it("does not take the attacker's own valid signature for the From domain", () => {
    const evidence: AuthenticationEvidence = {
      source: 'verified',
      authserv: null,
      spf: { result: 'pass', domain: 'evil.example', aligned: false },
      dkim: [own],
      dmarc: { ...pass, result: 'fail' },
    };
    expect(authenticate(evidence, 'corp.example')).toMatchObject({ state: 'refused', code: 'dmarc_failed' });
  });

  it('does not take a result that was made for another domain', () => {
    const evidence: AuthenticationEvidence = {
      source: 'verified',
      authserv: null,
      spf: null,
      dkim: [{ ...own, aligned: true }],
      dmarc: { ...pass, domain: 'evil.example' },
    };
    expect(authenticate(evidence, 'corp.example')).toMatchObject({
      state: 'refused',
      code: 'sender_mismatch',
    });
    expect(authenticate({ ...evidence, dmarc: { ...pass, domain: null } }, 'corp.example')).toMatchObject({
      code: 'sender_mismatch',
    });
    expect(
      authenticate({ ...evidence, dmarc: { ...pass, domain: 'a.corp.example' } }, 'corp.example'),
    ).toMatchObject({ code: 'sender_mismatch' });
    expect(
      authenticate(
        { ...evidence, dmarc: { result: 'none', domain: 'evil.example', policy: null } },
        'corp.example',
      ),
    ).toMatchObject({ code: 'sender_mismatch' });
  });

  it.each([
    ['no SPF', null],
    ['a failed SPF', { result: 'fail', domain: 'corp.example', aligned: true } as const],
    ["the attacker's SPF", { result: 'pass', domain: 'evil.example', aligned: false } as const],
    [
      'SPF of a name that ends like the domain',
      { result: 'pass', domain: 'evilcorp.example', aligned: false } as const,
    ],
    ['SPF without a domain', { result: 'pass', domain: null, aligned: false } as const],
  ])('does not take text appended under an l= signature, with %s', (_what, spf) => {
    const withPolicy: AuthenticationEvidence = {
      source: 'verified',
      authserv: null,
      spf,
      dkim: [limited, own],
      dmarc: pass,
    };
    expect(authenticate(withPolicy, 'corp.example')).toMatchObject({
      state: 'refused',
      code: 'dkim_body_limited',
    });
    const without: AuthenticationEvidence = {
      ...withPolicy,
      dmarc: { result: 'none', domain: 'corp.example', policy: null },
    };
    expect(authenticate(without, 'corp.example')).toMatchObject({
      state: 'refused',
      code: 'dkim_body_limited',
    });
  });

  it('does not take a pass that no check bears out', () => {
    const evidence: AuthenticationEvidence = {
      source: 'verified',
      authserv: null,
      spf: { result: 'softfail', domain: 'corp.example', aligned: true },
      dkim: [own],
      dmarc: pass,
    };
    expect(authenticate(evidence, 'corp.example')).toMatchObject({ state: 'refused', code: 'dmarc_failed' });
  });

  it('repeats nothing from the mail but plain domain names', () => {
    const evil = 'x\r\nBcc: y@z <b>';
    const evidence: AuthenticationEvidence = {
      source: 'verified',
      authserv: null,
      spf: { result: 'fail', domain: evil, aligned: false },
      dkim: [{ ...own, domain: evil }],
      dmarc: { ...pass, result: 'fail' },
    };
    expect(authenticate(evidence, 'corp.example')).toMatchObject({
      reason: expect.stringMatching(/^[ -;=?-~]+$/),
    });
  });

  it('authenticates nobody without a pass in the evidence', () => {
    const result = fc.constantFrom(
      'none',
      'neutral',
      'pass',
      'fail',
      'softfail',
      'policy',
      'temperror',
      'permerror' as const,
    );
    const domain = fc.constantFrom('corp.example', 'evil.example', 'a.corp.example');
    const evidence = fc.record({
      source: fc.constantFrom('verified' as const, 'unverified' as const, 'asserted' as const),
      authserv: fc.constant('mx.example.net'),
      spf: fc.option(fc.record({ result, domain: fc.option(domain), aligned: fc.boolean() })),
      dkim: fc.array(
        fc.record({
          result,
          domain,
          selector: fc.constant('s'),
          aligned: fc.boolean(),
          bodyLengthLimited: fc.boolean(),
          signedHeaders: fc.array(fc.constant('from'), { maxLength: 1 }),
          signedAt: fc.constant(null),
          fingerprint: fc.constant('f1'),
        }),
        { maxLength: 4 },
      ),
      dmarc: fc.option(
        fc.record({
          result,
          domain: fc.option(domain),
          policy: fc.option(fc.constantFrom('none', 'quarantine', 'reject' as const)),
        }),
      ),
    });
    fc.assert(
      fc.property(evidence, (found) => {
        const conclusion = authenticate(found as AuthenticationEvidence, 'corp.example');
        if (conclusion.state !== 'authenticated') return;
        const full = found.dkim.filter(
          (one) => one.result === 'pass' && one.aligned && !one.bodyLengthLimited,
        );
        expect(found.source).not.toBe('unverified');
        if (found.source === 'verified' || found.dmarc?.result === 'pass') {
          expect(found.dmarc?.domain).toBe('corp.example');
        }
        if (found.dmarc?.result === 'pass') {
          const spf = found.spf?.result === 'pass' && found.spf.aligned;
          expect(found.source === 'asserted' || full.length > 0 || spf).toBe(true);
        } else {
          expect([undefined, 'none']).toContain(found.dmarc?.result);
          expect(full.length).toBeGreaterThan(0);
          if (found.source === 'verified') expect(found.dmarc?.policy).toBe(null);
          else expect(full.map((one) => one.domain)).toContain('corp.example');
        }
      }),
      fuzzRuns(1000),
    );
  });
});
